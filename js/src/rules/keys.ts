/**
 * Who may sign rules.
 *
 * @module
 */

import type { VerifiedRule as RawVerified } from "../../wasm/rules.js";
import { TrustedKeys as Raw } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Wire, requireBytes, requireFields, requireList, wire } from "../internal/wire.js";
import { type Envelope, type SignatureCheck, rawEnvelope } from "./envelope.js";
import { call, instance, made } from "./instance.js";
import { type CompiledRule, ruleOf } from "./rule.js";

/**
 * What a key is trusted with. `current`: it signs. `retired`: what it signed and is registered may still become active.
 * `revoked`: what it signed counts no longer.
 */
export type KeyState = "current" | "retired" | "revoked";

const STATES: readonly KeyState[] = ["current", "retired", "revoked"];

/** A public key that rules may be signed with. */
export interface TrustedKey {
  /** Its id, as in envelopes. */
  readonly keyId: string;
  /** Its 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
  /** `current` where it is left out. */
  readonly state?: KeyState;
}

/** A rule that enough trusted keys have signed. */
export class VerifiedRule extends Owned<RawVerified> {
  /** @internal */
  constructor(raw: RawVerified) {
    super(instance, raw);
  }

  /** The rule. */
  get rule(): CompiledRule {
    const { raw } = this;
    return ruleOf(call(() => raw.rule()));
  }

  /** The public keys that signed it, 32 bytes each. */
  get signers(): Uint8Array[] {
    const { raw } = this;
    const flat = call(() => raw.signers());
    return Array.from({ length: flat.length / 32 }, (_, at) => flat.slice(at * 32, (at + 1) * 32));
  }

  /** @internal */
  get rawVerified(): RawVerified {
    return this.raw;
  }
}

function keyWire(key: TrustedKey, index: number): Wire {
  const name = `keys[${index}]`;
  requireFields(name, key, ["keyId", "publicKey", "state"]);
  const { keyId, publicKey, state } = key;
  requireText(`${name}.keyId`, keyId);
  requireBytes(`${name}.publicKey`, publicKey, 32);
  const code = STATES.indexOf(state ?? "current");
  if (code < 0) {
    throw new ArgumentError(`${name}.state`, { value: state, bound: STATES.join(" or ") });
  }
  return [keyId, publicKey, code];
}

/** The keys that rules are signed with, and how many of them must sign. */
export class TrustedKeys extends Owned<Raw> {
  /**
   * A set of keys.
   *
   * @param threshold - how many of the current keys must sign; 1 where it is left out
   * @throws {KeySetError} when they are no set
   */
  constructor(keys: readonly TrustedKey[], threshold = 1) {
    requireList("keys", keys);
    const list = wire(keys.map(keyWire));
    requireCount("threshold", threshold);
    super(
      instance,
      made(() => Raw.create(list, threshold)),
    );
  }

  /**
   * The rule of an envelope that enough keys have signed.
   *
   * @throws {RuleError} `rule-invalid-signature` when too few have
   */
  verify(envelope: Envelope): VerifiedRule {
    const [{ raw }, signed] = [this, rawEnvelope(envelope)];
    return new VerifiedRule(made(() => raw.verify(signed)));
  }

  /** The signatures of an envelope that may be of current keys: for whoever verifies them elsewhere, as in WebCrypto. */
  checks(envelope: Envelope): SignatureCheck[] {
    const [{ raw }, signed] = [this, rawEnvelope(envelope)];
    return decode(call(() => raw.checks(signed))) as unknown as SignatureCheck[];
  }

  /**
   * The rule of an envelope, once somebody has verified {@link TrustedKeys.checks}.
   *
   * @param answers - one for each check, in their order; one that is missing is a no
   * @throws {RuleError} `rule-invalid-signature` when too few have signed
   */
  accept(envelope: Envelope, answers: readonly boolean[]): VerifiedRule {
    const [{ raw }, signed] = [this, rawEnvelope(envelope)];
    requireList("answers", answers);
    answers.forEach((answer: unknown, index) => {
      // A promise that nobody awaited is no yes.
      if (typeof answer !== "boolean") {
        throw new ArgumentError(`answers[${index}]`, { value: answer, bound: "true or false" });
      }
    });
    const bytes = Uint8Array.from(answers, Number);
    return new VerifiedRule(made(() => raw.accept(signed, bytes)));
  }

  /** @internal */
  get rawKeys(): Raw {
    return this.raw;
  }
}
