/**
 * Signed notes (C2SP `signed-note`) and checkpoints (C2SP `tlog-checkpoint`).
 *
 * @module
 */

import {
  Note as Raw,
  checkpointNote,
  openCheckpoint as rawOpen,
  parseCheckpoint as rawParse,
} from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Whole, requireBytes, requireFields, requireList, word } from "../internal/wire.js";
import { call, instance, made } from "./instance.js";
import { Ed25519Signer, Ed25519Verifier } from "./key.js";
import type { Hash } from "./proof.js";

/** A signature under a note, which nobody has verified. */
export interface NoteSignature {
  /** Name of the key. */
  readonly name: string;
  /** Its number. */
  readonly keyId: number;
  /** The signature, at least one byte. */
  readonly signature: Uint8Array;
}

const encoder = new TextEncoder();

/** The bytes of a note that was handed in. */
function bytesOf(note: Uint8Array | string): Uint8Array {
  if (typeof note !== "string") {
    requireBytes("note", note);
    return note;
  }
  requireText("note", note);
  return encoder.encode(note);
}

function textsOf(verifiers: readonly Ed25519Verifier[]): string[] {
  requireList("verifiers", verifiers);
  return Array.from(verifiers, (verifier, index) => {
    if (!(verifier instanceof Ed25519Verifier)) {
      throw new ArgumentError(`verifiers[${index}]`, {
        value: verifier,
        bound: "an Ed25519Verifier",
      });
    }
    return verifier.toString();
  });
}

/**
 * A well-formed note: a text and the signatures under it. What its text says counts only once a known key has been
 * verified.
 */
export class Note extends Owned<Raw> {
  /**
   * A note that nobody has signed yet.
   *
   * @param text - ends with a newline
   * @throws {SignedNoteError} when no note has such a text
   */
  constructor(text: string) {
    if (typeof text === "object") {
      super(instance, (text as Carrier).raw);
      return;
    }
    requireText("text", text);
    super(
      instance,
      made(() => Raw.create(text)),
    );
  }

  /**
   * Reads a note. Its signatures are not verified.
   *
   * @throws {SignedNoteError} what is malformed
   */
  static parse(note: Uint8Array | string): Note {
    const bytes = bytesOf(note);
    return ofRaw(made(() => Raw.parse(bytes)));
  }

  /** The text that the signatures are over, with its last newline. */
  get text(): string {
    const { raw } = this;
    return call(() => raw.text());
  }

  /** The signatures in their order, none of them verified. */
  get signatures(): readonly NoteSignature[] {
    const { raw } = this;
    return decode(call(() => raw.signatures())) as unknown as NoteSignature[];
  }

  /**
   * Adds the signature of a key; an earlier one of the same key gives way.
   *
   * @throws {SignedNoteError} when the note is full
   */
  sign(signer: Ed25519Signer): this {
    if (!(signer instanceof Ed25519Signer)) {
      throw new ArgumentError("signer", { value: signer, bound: "an Ed25519Signer" });
    }
    const { raw } = this;
    call(() => {
      raw.sign(signer.encode());
    });
    return this;
  }

  /**
   * Adds a signature that was made elsewhere, such as by a key that never leaves its hardware; an earlier one of the same
   * key gives way.
   *
   * @throws {SignedNoteError} when the key's name is none, the signature empty or the note full
   */
  add(signature: NoteSignature): this {
    requireFields("signature", signature, ["name", "keyId", "signature"]);
    const { name, keyId, signature: bytes } = signature;
    requireText("signature.name", name);
    requireCount("signature.keyId", keyId);
    requireBytes("signature.signature", bytes);
    const { raw } = this;
    call(() => {
      raw.add(name, keyId, bytes);
    });
    return this;
  }

  /** The note as it is written. One without signatures cannot be read again. */
  encode(): string {
    const { raw } = this;
    return call(() => raw.encode());
  }

  /**
   * Verifies the signatures of all known keys and returns the places of those signatures: at least one. Signatures of
   * other keys are left alone.
   *
   * @throws {SignedNoteError} `note-forged` when the signature of a known key is not valid, `note-unsigned` when no known
   *   key has signed
   */
  verify(verifiers: readonly Ed25519Verifier[]): number[] {
    const keys = textsOf(verifiers);
    const { raw } = this;
    return [...call(() => raw.verify(keys))];
  }
}

/** Carries an object of the module into a constructor. */
interface Carrier {
  readonly raw: Raw;
}

const ofRaw = (raw: Raw): Note => new Note({ raw } as unknown as string);

/** What a log says it is. */
export interface Checkpoint {
  /** Name of the log, such as `example.com/ledger`; not empty, one line. */
  readonly origin: string;
  /** How many leaves it has. */
  readonly size: Whole;
  /** Its root. */
  readonly root: Uint8Array;
  /** Further lines, none of them empty; none as a rule. */
  readonly extensions?: readonly string[] | undefined;
}

/** A checkpoint that was read. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly root: Hash;
  readonly extensions: readonly string[];
}

/**
 * The checkpoint as a note that nobody has signed yet.
 *
 * ```js
 * import { Ed25519Signer, TraceLedger, checkpointToNote, openCheckpoint } from "interlock-wasm/ledger";
 *
 * const origin = "example.com/ledger";
 * const signer = new Ed25519Signer(origin, crypto.getRandomValues(new Uint8Array(32)));
 * const ledger = new TraceLedger();
 * ledger.append({ id: "a", origin: "guard", timestamp: 0 });
 *
 * using note = checkpointToNote({ origin, size: ledger.size, root: ledger.root() });
 * const signed = note.sign(signer).encode();
 * openCheckpoint(signed, origin, [signer.verifier]).size; // 1
 * ```
 *
 * @throws {CheckpointError} when origin or extensions are no such lines
 */
export function checkpointToNote(checkpoint: Checkpoint): Note {
  requireFields("checkpoint", checkpoint, ["origin", "size", "root", "extensions"]);
  const { origin, size, root, extensions = [] } = checkpoint;
  requireText("checkpoint.origin", origin);
  requireBytes("checkpoint.root", root, 32);
  requireList("checkpoint.extensions", extensions);
  extensions.forEach((line, index) => {
    requireText(`checkpoint.extensions[${index}]`, line);
  });
  const leaves = word("checkpoint.size", size);
  return ofRaw(made(() => checkpointNote(origin, leaves, root, [...extensions])));
}

/**
 * What the text of a note says as a checkpoint. Whether anyone has signed it is another matter.
 *
 * @throws {CheckpointError} which line is malformed
 */
export function parseCheckpoint(text: string): OpenedCheckpoint {
  requireText("text", text);
  return decode(call(() => rawParse(text))) as unknown as OpenedCheckpoint;
}

/**
 * Reads a signed note, which a known key must have signed, of the log named `origin`.
 *
 * @throws {SignedNoteError} when it is malformed, forged or unsigned
 * @throws {CheckpointError} when it is no checkpoint, or of another log
 */
export function openCheckpoint(
  note: Uint8Array | string,
  origin: string,
  verifiers: readonly Ed25519Verifier[],
): OpenedCheckpoint {
  const bytes = bytesOf(note);
  requireText("origin", origin);
  const keys = textsOf(verifiers);
  return decode(call(() => rawOpen(bytes, origin, keys))) as unknown as OpenedCheckpoint;
}
