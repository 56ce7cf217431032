// The APIs that this Worker speaks: where each is asked, and how its requests are read. The guard knows their answers.

import { isObject, type ChatRequest } from "./request.js";
import { answerOf } from "./ui/answer.js";
import { completionOf, conversationOf } from "./ui/conversation.js";

/** One message of a conversation. */
export interface Message {
  role: string;
  content: unknown;
}

/** What a request says, read by its protocol. */
export interface Reading {
  model: unknown;
  messages: unknown;
  stream: unknown;
  maxTokens: unknown[];
}

/** The protocols by name. */
export type ProtocolName = "chat" | "responses" | "messages" | "gemini" | "ui";

/** An API of models. */
export interface Protocol {
  readonly name: ProtocolName;
  /** The field of the conversation, for errors. */
  readonly conversation: string;
  /** Where the upstream is asked, below its base address. */
  readonly upstream: (url: URL) => string;
  readonly read: (body: Record<string, unknown>, url: URL) => Reading;
  /** What the upstream is sent, where it speaks another protocol. */
  readonly ask?: (chat: ChatRequest) => Record<string, unknown>;
  /** What becomes of its answer then. */
  readonly answer?: (answer: Response, request: Request) => Response;
}

const chat: Protocol = {
  name: "chat",
  conversation: "messages",
  upstream: () => "chat/completions",
  read: (body) => ({
    model: body.model,
    messages: body.messages,
    stream: body.stream,
    maxTokens: [body.max_completion_tokens, body.max_tokens],
  }),
};

const responses: Protocol = {
  name: "responses",
  conversation: "input",
  upstream: () => "responses",
  read: ({ model, input, stream, max_output_tokens: most }) => ({
    model,
    messages: typeof input === "string" ? [{ role: "user", content: input }] : itemsOf(input),
    stream,
    maxTokens: [most],
  }),
};

/** Items of responses as messages: calls of tools and their results have a type and no role. */
function itemsOf(input: unknown): unknown {
  if (!Array.isArray(input)) return input;
  return input.map((item: unknown) => {
    const isItem = isObject(item) && item.role === undefined && typeof item.type === "string";
    return isItem ? { ...item, role: item.type } : item;
  });
}

const messages: Protocol = {
  name: "messages",
  conversation: "messages",
  upstream: () => "messages",
  read: (body) => ({
    model: body.model,
    messages: body.messages,
    stream: body.stream,
    maxTokens: [body.max_tokens],
  }),
};

const GEMINI = /^\/v1(?:beta)?\/models\/([^/:]+):(streamG|g)enerateContent$/;

const gemini: Protocol = {
  name: "gemini",
  conversation: "contents",
  upstream: ({ pathname, search }) => `${pathname.slice(pathname.indexOf("models/"))}${search}`,
  read: ({ contents, generationConfig: config }, { pathname }) => {
    const [, model, method] = GEMINI.exec(pathname) ?? [];
    return {
      model: model === undefined ? undefined : decodeURIComponent(model),
      messages: Array.isArray(contents) ? contents.map(turnOf) : contents,
      stream: method === "streamG",
      maxTokens: [isObject(config) ? config.maxOutputTokens : undefined],
    };
  },
};

/** A turn of Gemini as a message. */
function turnOf(turn: unknown): unknown {
  return isObject(turn) ? { role: turn.role ?? "user", content: turn.parts } : turn;
}

/** The AI SDK's chat clients, over an upstream of chat completions. */
const ui: Protocol = {
  name: "ui",
  conversation: "messages",
  upstream: chat.upstream,
  read: ({ model, messages, maxOutputTokens }) => ({
    model,
    messages: conversationOf(messages),
    stream: true,
    maxTokens: [maxOutputTokens],
  }),
  ask: completionOf,
  answer: answerOf,
};

/** The protocol of a path; none where no model is asked. */
export function protocolOf(pathname: string): Protocol | undefined {
  switch (pathname) {
    case "/v1/chat/completions":
      return chat;
    case "/v1/responses":
      return responses;
    case "/v1/messages":
      return messages;
    case "/api/chat":
      return ui;
    default:
      return GEMINI.test(pathname) ? gemini : undefined;
  }
}
