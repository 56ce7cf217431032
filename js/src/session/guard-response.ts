/**
 * Guarding a fetched response.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { guardBody } from "./guard-body.js";
import type { GuardOptions } from "./options.js";
import type { Dialect } from "./types.js";

/**
 * The response with its body under guard, which is cheaper than piping it through {@link guardStream}. The dialect follows from the content
 * type (`text/event-stream`: `openai-chat`, JSON: `openai-chat-body`, `text/plain`: `text`) unless an option
 * names it. Status and headers stay, but for the length and encoding of the body, which it no longer has.
 * A response without a body, and one that reports an error (status 400 and above), is given back as it is.
 * `annotate` has an effect on event streams only.
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
export function guardResponse(response: Response, options: GuardOptions = {}): Response {
  if (!isResponse(response)) {
    throw new ArgumentError("response", { value: response, bound: "a Response" });
  }
  const { body, status, statusText } = response;
  if (body === null || status >= 400) return response;
  if (response.bodyUsed || body.locked) {
    throw new ArgumentError("response", { message: "its body was read already" });
  }
  const dialect = options.dialect ?? dialectOf(response.headers.get("content-type"));
  const annotate = dialect === "openai-chat" ? options.annotate : undefined;
  const guarded = guardBody(body, { ...options, dialect, annotate });
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

function dialectOf(contentType: string | null): Dialect {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "text/event-stream") return "openai-chat";
  if (type === "application/json" || type.endsWith("+json")) return "openai-chat-body";
  if (type === "text/plain") return "text";
  throw new ArgumentError("response", {
    message: `the content type ${JSON.stringify(contentType)} has no dialect: name one`,
  });
}
