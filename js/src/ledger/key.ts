/**
 * Keys of signed notes, in the text form that other tools of transparency logs use.
 *
 * @module
 */

import * as raw from "../../wasm/ledger.js";
import { requireText } from "../internal/arguments.js";
import { requireBytes } from "../internal/wire.js";
import { call } from "./instance.js";

const KEY = 32;

/** Name and number of a key that is written as `name+id+base64`. */
function parts(text: string): [name: string, keyId: number] {
  const [name = "", id = ""] = text.split("+");
  return [name, parseInt(id, 16)];
}

/** A public Ed25519 key that verifies notes. */
export class Ed25519Verifier {
  /** The name of the key. */
  readonly name: string;
  /** Its number. */
  readonly keyId: number;
  readonly #text: string;

  /**
   * A key of a name and the 32 bytes of RFC 8032, or of its text form alone.
   *
   * @throws {KeyError} when the name, the bytes or the text are none
   */
  constructor(text: string, key?: Uint8Array) {
    requireText("text", text);
    if (key !== undefined) requireBytes("key", key, KEY);
    this.#text = call(() => raw.publicKey(text, key));
    [this.name, this.keyId] = parts(this.#text);
  }

  /** The text form, `name+id+base64`. */
  toString(): string {
    return this.#text;
  }

  /** The text form. */
  toJSON(): string {
    return this.#text;
  }
}

/** A private Ed25519 key that signs notes. What it is shows in {@link Ed25519Signer.encode} alone. */
export class Ed25519Signer {
  /** The public half. */
  readonly verifier: Ed25519Verifier;
  readonly #text: string;

  /**
   * A key of a name and 32 secret random bytes, or of its text form alone:
   *
   * ```js
   * import { Ed25519Signer } from "interlock-wasm/ledger";
   *
   * const secret = crypto.getRandomValues(new Uint8Array(32));
   * const signer = new Ed25519Signer("example.com/ledger", secret);
   * ```
   *
   * @throws {KeyError} when the name or the text are none
   */
  constructor(text: string, secret?: Uint8Array) {
    requireText("text", text);
    if (secret !== undefined) requireBytes("secret", secret, KEY);
    this.#text = call(() => raw.privateKey(text, secret));
    const half = call(() => raw.publicHalf(this.#text));
    this.verifier = new Ed25519Verifier(half);
  }

  /** The name of the key. */
  get name(): string {
    return this.verifier.name;
  }

  /** Its number. */
  get keyId(): number {
    return this.verifier.keyId;
  }

  /** The text form, `PRIVATE+KEY+name+id+base64`, which is to be kept secret. */
  encode(): string {
    return this.#text;
  }
}

/**
 * Number of a key of another type of signature: the first four bytes of SHA-256 over its name, a newline, a byte for the
 * type and its public half (C2SP `signed-note`).
 */
export function keyId(name: string, signatureType: number, key: Uint8Array): number {
  requireText("name", name);
  requireBytes("key", key);
  return call(() => raw.keyId(name, signatureType, key));
}
