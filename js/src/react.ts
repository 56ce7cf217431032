/**
 * React hooks for answers that are guarded in the browser. They need React 18 or newer, and run on the wasm of the main entry
 * point.
 *
 * @module
 */

"use client";

export {
  type AnswerState,
  type AnswerView,
  type UseAnswer,
  useAnswer,
} from "./react/use-answer.js";
export {
  type GuardedFetch,
  type GuardedFetchState,
  useGuardedFetch,
} from "./react/use-guarded-fetch.js";
