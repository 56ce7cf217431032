// What the AI SDK's chat clients ask with: a conversation of UI messages, as messages of chat completions.

import { badRequest } from "../errors.js";
import { isObject, type ChatRequest } from "../request.js";

type Fields = Record<string, unknown>;

/** UI messages as messages of chat completions; what is no list stays as it is. */
export function conversationOf(messages: unknown): unknown {
  return Array.isArray(messages) ? messages.flatMap(messagesOf) : messages;
}

/** The request that goes upstream. Which tools there are is the server's to say, and this one has none. */
export function completionOf({ model, messages, maxTokens }: ChatRequest): Fields {
  return { model, messages, stream: true, max_completion_tokens: maxTokens };
}

function messagesOf(message: unknown, at: number): unknown[] {
  if (!isObject(message)) return [message];
  const { role, parts } = message;
  const field = `messages[${at}]`;
  if (role !== "system" && role !== "user" && role !== "assistant") {
    throw badRequest(`${field}.role must be system, user or assistant.`, `${field}.role`);
  }
  if (!Array.isArray(parts) || !parts.every(isPart)) {
    throw badRequest(`${field}.parts must be an array of objects with a type.`, `${field}.parts`);
  }
  if (role === "assistant") return stepsOf(parts).flatMap(stepMessages);
  const content = parts.flatMap(contentOf);
  const isText = content.every((part) => "text" in part);
  return [{ role, content: isText ? content.map(({ text }) => text).join("") : content }];
}

function isPart(part: unknown): part is Fields & { type: string } {
  return isObject(part) && typeof part.type === "string";
}

type Part = Fields & { type: string };

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What a model is given of a part: its text, or its file. */
function contentOf({ type, text, mediaType, url, filename }: Part): Fields[] {
  if (type === "text") return [{ type, text: textIn(text) }];
  if (type !== "file") return [];
  return String(mediaType).startsWith("image/")
    ? [{ type: "image_url", image_url: { url } }]
    : [{ type, file: { filename, file_data: url } }];
}

/** The parts of an answer by the calls of the model that they came from. */
function stepsOf(parts: Part[]): Part[][] {
  const steps: Part[][] = [[]];
  for (const part of parts) {
    if (part.type === "step-start") steps.push([]);
    else steps.at(-1)?.push(part);
  }
  return steps;
}

/** A step: what was said, the tools that were called, and what came of them. A call that nothing came of was none. */
function stepMessages(step: Part[]): Fields[] {
  const content = step.map(({ type, text }) => (type === "text" ? textIn(text) : "")).join("");
  const calls = step.flatMap(callOf);
  if (content === "" && calls.length === 0) return [];
  const toolCalls = calls.map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input ?? {}) },
  }));
  return [
    { role: "assistant", content, ...(calls.length > 0 && { tool_calls: toolCalls }) },
    ...calls.map(({ id, output }) => ({
      role: "tool",
      tool_call_id: id,
      content: typeof output === "string" ? output : JSON.stringify(output ?? null),
    })),
  ];
}

function callOf(part: Part): { id: unknown; name: unknown; input: unknown; output: unknown }[] {
  const { type, toolName, toolCallId: id, state, input, output, errorText } = part;
  const name = type === "dynamic-tool" ? toolName : /^tool-(.+)$/s.exec(type)?.[1];
  if (name === undefined || (state !== "output-available" && state !== "output-error")) return [];
  return [{ id, name, input, output: state === "output-error" ? errorText : output }];
}
