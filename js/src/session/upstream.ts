/**
 * What every way of guarding an upstream does alike.
 *
 * @module
 */

import { type InterlockError, SessionEndedError, StreamHaltedError } from "../errors.js";
import type { SessionRecord } from "./types.js";

/**
 * How long an upstream may take to close after the protocol's own end, in milliseconds. Most close at
 * once, and their connection can be used again; one that does not is cancelled.
 */
export const LINGER_MS = 100;

/** Why an upstream is cancelled once its stream is over. */
export function reasonToCancel({ state, halt }: SessionRecord): InterlockError {
  if (state === "halted") return new StreamHaltedError(halt?.reason ?? "emergency-stop");
  return new SessionEndedError(state === "failed" ? "failed" : "completed");
}

/** What the record calls a lost upstream. Names it only: a message may hold what is none of the client's business. */
export function connectionLost(reason: unknown): string {
  const name = reason instanceof Error ? ` (${reason.name})` : "";
  return `the connection to the upstream was lost${name}`;
}
