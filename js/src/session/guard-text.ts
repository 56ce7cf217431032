/**
 * Guarding what is not a stream.
 *
 * @module
 */

import { requireText } from "../internal/arguments.js";
import { Guard } from "./guard.js";
import type { GuardOptions } from "./options.js";
import type { SessionRecord, VerdictEvent } from "./types.js";

/** A text after it was guarded. */
export interface GuardedText {
  /** What may leave; after a halt the policy's ending message is its end. */
  readonly text: string;
  /** The account. */
  readonly record: SessionRecord;
  /** The verdicts in order. */
  readonly events: readonly VerdictEvent[];
}

/** Options of {@link guardText}: those of a stream, without what only streams have. */
export type GuardTextOptions = Omit<GuardOptions, "dialect" | "annotate" | "annotateMatch">;

/**
 * Guards a whole text. With the segment unit `delta`, the default, it is one segment; `sentence` scores
 * sentence by sentence and keeps those before the one that fails.
 *
 * ```js
 * import { guardText } from "interlock-wasm";
 *
 * const { text, record } = await guardText("Grass is soft. The sky is green.", {
 *   policy: { segments: { unit: "sentence" }, ending: { message: " [stopped]" } },
 *   scorer: ({ text }) => (text.includes("green") ? 0.1 : 0.9),
 * });
 * text; // "Grass is soft. [stopped]"
 * record.halt.reason; // "hard-limit"
 * ```
 *
 * @throws {ArgumentError} when the text is not a string of whole characters: half a surrogate pair is not
 *   replaced in silence
 * @throws {PolicyError} when the policy is refused
 * @throws {CallbackError} when a callback threw
 */
export async function guardText(
  text: string,
  options: GuardTextOptions = {},
): Promise<GuardedText> {
  requireText("text", text);
  const { onVerdict } = options;
  const events: VerdictEvent[] = [];
  const output = new TextDecoder("utf-8", { ignoreBOM: true });
  let guarded = "";
  const record = await new Promise<SessionRecord>((resolve, reject) => {
    const guard = new Guard(
      {
        ...options,
        dialect: "text",
        onVerdict: (event) => {
          events.push(event);
          onVerdict?.(event);
        },
      },
      {
        write: (bytes) => {
          guarded += output.decode(bytes, { stream: true });
        },
        end: resolve,
        fail: reject,
      },
      true,
    );
    guard.start();
    guard.feed(new TextEncoder().encode(text));
    guard.end();
  });
  return { text: guarded + output.decode(), record, events };
}
