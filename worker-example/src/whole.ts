// Answers in one piece. Nothing of one leaves before its end, so that its status can say how it ended: an answer that was cut
// short is a document with the filter's reason, and where there is none to be cut, the client gets an error as one.

import type { SessionRecord } from "interlock-wasm";

import { ApiError, type ApiErrorDetails } from "./errors.js";
import { isObject } from "./request.js";

const NO_ANSWER = "There is no answer.";

/** How a guarded answer ended, once it has. */
export interface Outcome {
  record?: SessionRecord;
}

/**
 * Reads a guarded answer to its end.
 *
 * @throws {ApiError} when the guard has put an error in its place: 400 for what the policy does not let through, which asking
 *   again does not change; 429 where the budget is spent; 503 after an emergency stop; 502 when the upstream failed; 500 when
 *   it could not be recorded
 */
export async function readWhole(
  { body }: Response,
  { signal }: Request,
  outcome: Outcome,
): Promise<ArrayBuffer> {
  let bytes: ArrayBuffer;
  try {
    bytes = await new Response(body).arrayBuffer();
  } catch (error) {
    // Of a client that has gone the record tells.
    if (!signal.aborted) console.error(error);
    throw new ApiError(500, "The answer could not be checked and recorded to its end.", {
      type: "server_error",
      code: "guard_failed",
    });
  }
  const { record } = outcome;
  if (record === undefined || record.state === "completed") return bytes;
  const message = errorIn(bytes);
  if (message === undefined) return bytes;
  const [status, details] = statusOf(record);
  throw new ApiError(status, message, details);
}

/** What the error says that stands in place of an answer; nothing where an answer is. */
function errorIn(bytes: ArrayBuffer): string | undefined {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return NO_ANSWER;
  }
  if (!isObject(document) || !isObject(document.error)) return undefined;
  const { message } = document.error;
  return typeof message === "string" && message !== "" ? message : NO_ANSWER;
}

function statusOf({ state, halt }: SessionRecord): [number, ApiErrorDetails] {
  if (state !== "halted") return [502, { type: "upstream_error", code: "upstream_failed" }];
  if (halt?.reason === "budget") return [429, { code: "insufficient_quota" }];
  if (halt?.reason === "emergency-stop") {
    return [503, { type: "server_error", code: "emergency_stop" }];
  }
  return [400, { code: "content_filter" }];
}
