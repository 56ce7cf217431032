/**
 * Everything of `interlock-wasm/rules` but the wasm.
 *
 * @module
 */

export {
  ArgumentError,
  type ErrorCode,
  FreedError,
  InterlockError,
  NotInitialisedError,
  TrapError,
} from "../errors.js";
export type { Whole } from "../internal/wire.js";
export type * from "../policy.js";
export type { GuardArtifact } from "../session/guard-tables.js";
export type { RefusalError } from "../refusal.js";
export type { Capability } from "./capability.js";
export { Envelope, type EnvelopeSignature, type SignatureCheck } from "./envelope.js";
export {
  ArtifactError,
  EnvelopeError,
  KeySetError,
  PolicyArtifactError,
  RuleError,
  type RulesErrorCode,
} from "./errors.js";
export { type KeyState, type TrustedKey, TrustedKeys, VerifiedRule } from "./keys.js";
export { PolicyArtifact, type PolicyPattern, policyRule } from "./policy-artifact.js";
export {
  type ActivePolicy,
  type Outcome,
  type Pin,
  type ReloadPolicy,
  type ReloadReport,
  type RuleHandle,
  RuleRegistry,
  type RuleRegistryOptions,
  type RuleStatus,
  type RuleSummary,
  type Step,
  type StepKind,
  type StepResult,
} from "./registry.js";
export {
  type ActorConfig,
  CompiledRule,
  type Dependency,
  type RuleHeader,
  type RuleHeaderInput,
  type RuleMetadata,
} from "./rule.js";
