// What the page asks for, and nobody else should get.

import type { GuardEvent, GuardOptions, PolicyInput, VerdictEvent } from "interlock-wasm";

/**
 * Options that a request may ask for by header, and only while the demo upstream answers: two of them
 * show text that was withheld, and the demo's text is in this repository anyway.
 *
 * - `x-interlock-trace: 1` sends every verdict and every match of the guard as an SSE comment, which clients skip. Of a match
 *   it tells the pattern and the place, and nothing of the text.
 * - `x-interlock-mode: observe` withholds nothing and only reports what would have happened.
 */
export function demoOptions(headers: Headers, policy: PolicyInput): GuardOptions {
  return {
    ...(headers.get("x-interlock-trace") === "1" && { annotate, annotateMatch }),
    ...(headers.get("x-interlock-mode") === "observe" && {
      policy: { ...policy, mode: "observe" },
    }),
  };
}

function annotate({ channel, start, end, text, score, verdict }: VerdictEvent): string {
  return `interlock ${JSON.stringify({ channel, start, end, text, score, verdict })}`;
}

function annotateMatch({ channel, pattern, action, start, length }: GuardEvent): string {
  return `interlock ${JSON.stringify({ channel, match: { pattern, action, start, length } })}`;
}
