/**
 * Signed rules: DSSE envelopes.
 *
 * @module
 */

import { Envelope as Raw } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { requireBytes } from "../internal/wire.js";
import { call, instance, made } from "./instance.js";
import type { CompiledRule } from "./rule.js";
import { rawRule, ruleOf } from "./rule.js";

/** A signature, which nobody has verified. */
export interface EnvelopeSignature {
  /** Which key it says it is of; empty where it does not. */
  readonly keyId: string;
  /** The signature: 64 bytes for Ed25519. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A signature that somebody else verifies, over {@link Envelope.preAuthenticationEncoding}. */
export interface SignatureCheck {
  /** The key that it may be of, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A rule with signatures, which nobody has verified: ask {@link TrustedKeys.verify}. */
export class Envelope extends Owned<Raw> {
  /** A rule without signatures. */
  constructor(rule: CompiledRule) {
    if (rule instanceof Raw) {
      super(instance, rule);
      return;
    }
    const raw = rawRule("rule", rule);
    super(
      instance,
      made(() => Raw.create(raw)),
    );
  }

  /**
   * Reads an envelope, as `interlock rules sign` writes it.
   *
   * @throws {EnvelopeError} when it is none
   * @throws {ArtifactError} when what is in it is no rule
   */
  static decode(json: Uint8Array | string): Envelope {
    if (typeof json === "string") requireText("json", json);
    else requireBytes("json", json);
    const bytes = typeof json === "string" ? encoder.encode(json) : json;
    return new Envelope(made(() => Raw.decode(bytes)) as unknown as CompiledRule);
  }

  /** The rule, which counts only once signatures have been verified. */
  get rule(): CompiledRule {
    const { raw } = this;
    return ruleOf(call(() => raw.rule()));
  }

  /** The signatures. */
  get signatures(): readonly EnvelopeSignature[] {
    const { raw } = this;
    return decode(call(() => raw.signatures())) as unknown as EnvelopeSignature[];
  }

  /** What is signed. */
  preAuthenticationEncoding(): Uint8Array<ArrayBuffer> {
    const { raw } = this;
    return call(() => raw.preAuthenticationEncoding()) as Uint8Array<ArrayBuffer>;
  }

  /**
   * Signs the rule with the 32 secret bytes of an Ed25519 key.
   *
   * @throws {EnvelopeError} when there are 16 signatures, or the id has more than 256 bytes
   */
  sign(keyId: string, secret: Uint8Array): this {
    requireText("keyId", keyId);
    requireBytes("secret", secret, 32);
    const { raw } = this;
    call(() => {
      raw.sign(keyId, secret);
    });
    return this;
  }

  /**
   * Adds a signature that was made elsewhere, such as by a key that never leaves its hardware.
   *
   * @throws {EnvelopeError} when there are 16 signatures, or it is none
   */
  add({ keyId, signature }: EnvelopeSignature): this {
    requireText("keyId", keyId);
    requireBytes("signature", signature);
    const { raw } = this;
    call(() => {
      raw.add(keyId, signature);
    });
    return this;
  }

  /** The envelope as JSON. */
  encode(): string {
    const { raw } = this;
    return decoder.decode(call(() => raw.encode()));
  }

  /** @internal */
  get rawEnvelope(): Raw {
    return this.raw;
  }
}

/** @internal */
export function rawEnvelope(envelope: unknown): Raw {
  if (!(envelope instanceof Envelope)) {
    throw new ArgumentError("envelope", { value: envelope, bound: "an Envelope" });
  }
  return envelope.rawEnvelope;
}
