/**
 * Which protocol a response speaks.
 *
 * @module
 */

import type { Dialect } from "./types.js";

/** The dialects of a protocol: streamed as events, and as one document. */
type Pair = readonly [stream: Dialect, body: Dialect];

const CHAT: Pair = ["openai-chat", "openai-chat-body"];

/** The ends of the paths by which the APIs are known. */
const PATHS: readonly (readonly [path: RegExp, pair: Pair])[] = [
  [/\/completions$/, CHAT],
  [/\/responses$/, ["openai-responses", "openai-responses-body"]],
  [/\/messages$/, ["anthropic", "anthropic-body"]],
  [/:(streamG|g)enerateContent$/, ["gemini", "gemini-body"]],
];

/** The protocol that the path of an address names. */
export function pairOf(url: string): Pair | undefined {
  const path = url.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  return PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

/** Whether a dialect comes as events. */
export function isEventDialect(dialect: Dialect): boolean {
  return dialect !== "text" && !dialect.endsWith("-body");
}

/** Whether it is an event stream. */
export function isEventStream(headers: Headers): boolean {
  return mediaType(headers) === "text/event-stream";
}

/**
 * The dialect of a response: by the header of the AI SDK's UI message streams, by the path that it was asked for at, and by
 * its content type.
 */
export function dialectOf(headers: Headers, url: string): Dialect | undefined {
  const type = mediaType(headers);
  const [stream, body] = pairOf(url) ?? CHAT;
  if (type === "text/event-stream") {
    return headers.has("x-vercel-ai-ui-message-stream") ? "ui-message" : stream;
  }
  if (type === "application/json" || type.endsWith("+json")) return body;
  return type === "text/plain" ? "text" : undefined;
}

function mediaType(headers: Headers): string {
  const type = headers.get("content-type") ?? "";
  return type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
