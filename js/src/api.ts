/**
 * Everything of the main entry point but the wasm.
 *
 * @module
 */

export * from "./errors.js";
export { SafetyKernel, type SafetyOutcome, StreamingKernel, outputOf } from "./halt/kernels.js";
export { StreamMonitor, logitEntropy } from "./halt/monitor.js";
export type * from "./halt/verdict.js";
export type * from "./policy.js";
export { type Context, InMemoryKnowledge, type Knowledge } from "./score/knowledge.js";
export {
  type CoherenceScore,
  CoherenceScorer,
  type CoherenceScorerOptions,
  type Nli,
  Review,
  type ReviewOptions,
  type ReviewStep,
} from "./score/scorer.js";
export {
  type Reviewer,
  type StreamLease,
  type TopUp,
  type TopUpCallback,
  spentOf,
} from "./session/covenant.js";
export { type GuardResponseOptions, guardResponse } from "./session/guard-response.js";
export { GuardStream, guardStream } from "./session/guard-stream.js";
export { type GuardArtifact, GuardTables } from "./session/guard-tables.js";
export { type GuardTextOptions, type GuardedText, guardText } from "./session/guard-text.js";
export { type GuardedFetchOptions, guardedFetch } from "./session/guarded-fetch.js";
export { guardedHandler, honoGuard } from "./session/guarded-handler.js";
export { type ModelMiddleware, modelMiddleware } from "./session/model-middleware.js";
export { type Adoption, PinnedSession } from "./session/pinned-session.js";
export { type Answer, readAnswer } from "./session/read-answer.js";
export type {
  GuardOptions,
  GuardRule,
  Scorer,
  ScorerAnswer,
  ScorerContext,
} from "./session/options.js";
export { Session } from "./session/session.js";
export type * from "./session/types.js";
