/**
 * What rules refuse.
 *
 * @module
 */

import type { InterlockError } from "../errors.js";
import type { Refusal } from "../internal/failure.js";
import { RefusalError } from "../refusal.js";

/** An operation on the registry was refused, or a signature does not count. The active version is what it was. */
export class RuleError extends RefusalError<
  | "rule-not-found"
  | "rule-version-downgrade"
  | "rule-compute-cap-mismatch"
  | "rule-missing-dependency"
  | "rule-invalid-signature"
  | "rule-rollback-target-missing"
  | "rule-no-active-version"
  | "rule-quiesce-timeout"
  | "rule-backend-error"
  | "rule-duplicate-version"
  | "rule-version-missing"
  | "rule-rollback-not-below"
  | "rule-version-failed"
  | "rule-dependency-cycle"
  | "rule-needed"
  | "rule-quiescing"
  | "rule-still-pinned"
  | "rule-emergency-stopped"
  | "rule-unknown-pin"
  | "rule-unknown-step"
  | "rule-queue-full"
  | "rule-too-many-rules"
  | "rule-not-failed"
  | "rule-state"
> {
  override readonly name = "RuleError";
}

/** No compiled rule is such; where bytes were read, `value` is the byte at which that was found. */
export class ArtifactError extends RefusalError<
  | "artifact-name"
  | "artifact-version"
  | "artifact-target"
  | "artifact-dependencies"
  | "artifact-not-ascending"
  | "artifact-depends-on-itself"
  | "artifact-number"
  | "artifact-payload"
  | "artifact-no-rule"
  | "artifact-format"
  | "artifact-truncated"
  | "artifact-too-long"
  | "artifact-code"
  | "artifact-not-empty"
  | "artifact-not-utf8"
> {
  override readonly name = "ArtifactError";
}

/** Something is no envelope of a rule. */
export class EnvelopeError extends RefusalError<
  | "envelope-too-long"
  | "envelope-json"
  | "envelope-payload-type"
  | "envelope-base64"
  | "envelope-signature-count"
  | "envelope-signature"
> {
  override readonly name = "EnvelopeError";
}

/** Keys that are no set: `keys-twice`, `subject` comes twice; `keys-threshold`, more must sign than there are. */
export class KeySetError extends RefusalError<
  "keys-too-many" | "keys-twice" | "keys-id" | "keys-threshold"
> {
  override readonly name = "KeySetError";
}

/**
 * The payload of a rule is no policy. For `policy-invalid`, `subject` is the path of the field that is wrong;
 * `policy-guard-hash`, compiled patterns have another hash than the one they come with.
 */
export class PolicyArtifactError extends RefusalError<
  | "policy-target"
  | "policy-no-artifact"
  | "policy-truncated"
  | "policy-too-long"
  | "policy-not-utf8"
  | "policy-invalid"
  | "policy-not-canonical"
  | "policy-guard"
  | "policy-guard-hash"
> {
  override readonly name = "PolicyArtifactError";
}

/** The codes of the errors of `interlock-wasm/rules`. */
export type RulesErrorCode = (
  RuleError | ArtifactError | EnvelopeError | KeySetError | PolicyArtifactError
)["code"];

const CLASSES: Readonly<Record<string, new (refusal: Refusal) => InterlockError>> = {
  rule: RuleError,
  artifact: ArtifactError,
  envelope: EnvelopeError,
  keys: KeySetError,
  policy: PolicyArtifactError,
};

/** The error of a refusal. */
export function ofRefusal(refusal: Refusal): InterlockError {
  const [kind = ""] = refusal.code.split("-", 1);
  const Refused = CLASSES[kind];
  if (Refused === undefined) throw new TypeError(`the refusal ${refusal.code} is not known`);
  return new Refused(refusal);
}
