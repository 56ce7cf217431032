/**
 * Reading an answer under guard as text.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { AnswerText } from "./answer-text.js";
import { dialectOf } from "./dialect-of.js";
import { type GuardResponseOptions, guardResponse } from "./guard-response.js";
import type { SessionRecord } from "./types.js";

/** The text of an answer, as far as it may leave: read it once, with `for await`. */
export interface Answer extends AsyncIterable<string> {
  /** Settles when the answer is over, however it ended; rejects when it could not be guarded. */
  readonly record: Promise<SessionRecord>;
}

/**
 * Reads an answer of a model under guard: the content of the first choice, in pieces as they may leave, in any dialect. For
 * pages and programs that read a stream themselves. What stops a halted answer (`policy.ending.message`) is its last piece. Who
 * leaves the loop cancels the request.
 *
 * ```js
 * import { readAnswer } from "interlock-wasm";
 *
 * const answer = readAnswer(fetch("/api/chat", { method: "POST", body }), { scorer });
 * for await (const piece of answer) output.append(piece);
 * const { state, halt } = await answer.record;
 * ```
 *
 * The loop throws what {@link guardResponse} throws, an {@link ArgumentError} for a response that reports an error (status 400
 * and above) or has no body, and what the request failed with.
 */
export function readAnswer(
  response: Response | PromiseLike<Response>,
  options: GuardResponseOptions = {},
): Answer {
  let settle!: { resolve: (record: SessionRecord) => void; reject: (error: unknown) => void };
  const record = new Promise<SessionRecord>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever does not ask for the record is told by the loop.
  record.catch(() => undefined);
  const pieces = read(response, options, settle.resolve);
  let isRead = false;
  return {
    record,
    [Symbol.asyncIterator]() {
      if (isRead) throw new ArgumentError("answer", { message: "it is read already" });
      isRead = true;
      return failing(pieces, settle.reject);
    },
  };
}

async function* read(
  given: Response | PromiseLike<Response>,
  options: GuardResponseOptions,
  ended: (record: SessionRecord) => void,
): AsyncGenerator<string, void, undefined> {
  const response = await given;
  const onEnd = (record: SessionRecord): void => {
    ended(record);
    options.onEnd?.(record);
  };
  const guarded = guardResponse(response, { ...options, onEnd });
  if (guarded === response || guarded.body === null) {
    const message = `nothing to guard: its status is ${String(response.status)}`;
    throw new ArgumentError("response", { message });
  }
  const dialect = options.dialect ?? dialectOf(response.headers, options.url ?? response.url);
  const text = new AnswerText(dialect ?? "text");
  const reader = guarded.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const piece = done ? text.end() : text.push(value);
      if (piece !== "") yield piece;
      if (done) return;
    }
  } finally {
    // Of a stream that is over this does nothing; of another it ends the upstream.
    await reader.cancel().catch(() => undefined);
  }
}

/** Tells what reading failed with. */
async function* failing(
  pieces: AsyncGenerator<string, void, undefined>,
  failed: (error: unknown) => void,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* pieces;
  } catch (error) {
    failed(error);
    throw error;
  }
}
