/**
 * A `fetch` whose responses are guarded, for any client library that takes one.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { isEventStream, pairOf } from "./dialect-of.js";
import { guardResponse } from "./guard-response.js";
import type { GuardOptions } from "./options.js";

/** Options of {@link guardedFetch}. */
export interface GuardedFetchOptions extends GuardOptions {
  /**
   * What fetches.
   * @defaultValue the global `fetch`
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * A `fetch` that guards what models answer. The dialect follows from the path of the request and the content type, unless an
 * option names it.
 *
 * ```js
 * import OpenAI from "openai";
 * import { guardedFetch } from "interlock-wasm";
 *
 * const client = new OpenAI({ fetch: guardedFetch({ scorer: ({ text }) => score(text) }) });
 * ```
 *
 * Guarded is every event stream, and every response to a request for an answer of a model: `…/chat/completions`,
 * `…/responses`, `…/messages`, `…:generateContent`. With the option `dialect` it is every response. Others, such as lists of
 * models and files, come as they are.
 *
 * @throws {ArgumentError} when there is no `fetch`; of the returned function what `fetch` and {@link guardResponse} throw
 */
export function guardedFetch(options: GuardedFetchOptions = {}): typeof globalThis.fetch {
  const { fetch = globalThis.fetch, ...guard } = options;
  if (typeof fetch !== "function") {
    throw new ArgumentError("fetch", { value: fetch, bound: "a function" });
  }
  return async (input, init) => {
    // Called alone: a global `fetch` refuses to be a method of something else.
    const response = await fetch(input, init);
    const url = typeof input === "string" ? input : "url" in input ? input.url : input.href;
    const answers = pairOf(url) !== undefined || isEventStream(response.headers);
    if (guard.dialect === undefined && !answers) return response;
    return guardResponse(response, { ...guard, url });
  };
}
