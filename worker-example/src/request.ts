import { ApiError, badRequest } from "./errors.js";
import type { Message, Protocol } from "./protocols.js";

/** The fields of a request that this Worker looks at. The rest is the upstream's business. */
export interface ChatRequest {
  protocol: Protocol;
  model: string;
  messages: Message[];
  stream: boolean;
  includeUsage: boolean;
  /** How many tokens the answer may have. */
  maxTokens: number;
  /** All of it, which the upstream is sent. */
  body: Record<string, unknown>;
}

/** Reads and checks the body; throws an {@link ApiError} which names the field that is wrong. */
export async function readChatRequest(request: Request, protocol: Protocol): Promise<ChatRequest> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError(
      415,
      `The content type is ${JSON.stringify(type)}, must be application/json.`,
    );
  }
  let body: unknown;
  try {
    body = JSON.parse(await request.text());
  } catch (error) {
    // What is told of it must not repeat it.
    const at = / at position \d+/.exec((error as Error).message)?.[0] ?? "";
    throw badRequest(`The body is not JSON${at}.`);
  }
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  return chatOf(body, protocol, new URL(request.url));
}

/** A body as a request. */
export function chatOf(body: Record<string, unknown>, protocol: Protocol, url: URL): ChatRequest {
  const reading = protocol.read(body, url);
  const { model, messages, stream = false } = reading;
  const { stream_options: options } = body;
  if (typeof model !== "string" || model === "") {
    throw badRequest("model must be a string that names a model.", "model");
  }
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) {
    const field = protocol.conversation;
    throw badRequest(`${field} must be a non-empty array of objects with a role.`, field);
  }
  if (stream !== null && typeof stream !== "boolean") {
    throw badRequest("stream must be true or false.", "stream");
  }
  const includeUsage = isObject(options) && options.include_usage === true;
  const maxTokens = [...reading.maxTokens, 1000].find(isCount) ?? 1;
  return { protocol, model, messages, stream: stream === true, includeUsage, maxTokens, body };
}

/** The question that is being answered: the last thing the user wrote. */
export function promptOf({ messages }: ChatRequest): string {
  const content = messages.findLast(({ role }) => role === "user")?.content;
  const parts: unknown[] = Array.isArray(content) ? content : [{ text: content }];
  const texts = parts.map((part) => (isObject(part) ? part.text : undefined));
  return texts
    .filter((text) => typeof text === "string")
    .join("\n")
    .toWellFormed();
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isMessage(value: unknown): value is Message {
  return isObject(value) && typeof value.role === "string";
}
