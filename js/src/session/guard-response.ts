/**
 * Guarding a fetched response.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { dialectOf, isEventDialect } from "./dialect-of.js";
import { guardBody } from "./guard-body.js";
import type { GuardOptions } from "./options.js";

/** Options of {@link guardResponse}. */
export interface GuardResponseOptions extends GuardOptions {
  /**
   * Where the response was asked for, whose path may name the protocol.
   * @defaultValue the response's own
   */
  readonly url?: string | undefined;
}

/**
 * The response with its body under guard, which is cheaper than piping it through {@link guardStream}. The dialect follows from the address
 * (`…/responses`, `…/messages`, `…:streamGenerateContent`; else it is OpenAI chat completions) and the content type (an event stream, JSON,
 * `text/plain`), unless an option names it. Status and headers stay, but for the length and encoding of the body, which it no longer has.
 * A response without a body, and one that reports an error (status 400 and above), is given back as it is.
 * `annotate` and `annotateMatch` have an effect on event streams only.
 *
 * ```js
 * import { guardResponse } from "interlock-wasm";
 *
 * export default {
 *   async fetch(request, env) {
 *     const upstream = await fetch(env.UPSTREAM, request);
 *     return guardResponse(upstream, { scorer: ({ text }) => score(text) });
 *   },
 * };
 * ```
 *
 * @throws {ArgumentError} when it is no response, its body was read, or its content type has no dialect:
 *   what cannot be read is not given out unread
 * @throws {PolicyError} when the policy is refused
 */
export function guardResponse(response: Response, options: GuardResponseOptions = {}): Response {
  if (!isResponse(response)) {
    throw new ArgumentError("response", { value: response, bound: "a Response" });
  }
  const { body, status, statusText } = response;
  if (body === null || status >= 400) return response;
  if (response.bodyUsed || body.locked) {
    throw new ArgumentError("response", { message: "its body was read already" });
  }
  const { url = response.url, ...guard } = options;
  const dialect = options.dialect ?? dialectOf(response.headers, url);
  if (dialect === undefined) {
    const type = JSON.stringify(response.headers.get("content-type"));
    const message = `the content type ${type} has no dialect: name one`;
    throw new ArgumentError("response", { message });
  }
  const silent = isEventDialect(dialect) ? {} : { annotate: undefined, annotateMatch: undefined };
  const guarded = guardBody(body, { ...guard, dialect, ...silent });
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.delete("content-encoding");
  return new Response(guarded, { status, statusText, headers });
}

/** By what is asked of it: an HTTP client may bring a class of its own. */
function isResponse(value: unknown): value is Response {
  const { status, headers, body } = (value ?? {}) as Partial<Response>;
  const hasBody = body === null || typeof body?.getReader === "function";
  return typeof status === "number" && typeof headers?.get === "function" && hasBody;
}
