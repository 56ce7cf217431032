/**
 * The parts of a language model of the AI SDK, under guard.
 *
 * The parts go through a session as the messages of a UI message stream, which has the same blocks. Each carries its
 * number; what comes out takes the part of that number, with the text that may leave.
 *
 * @module
 */

import { guardStream } from "./guard-stream.js";
import type { GuardOptions } from "./options.js";

/** A part of a stream or of an answer: what it is, and the members that matter here. */
export interface ModelPart {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What a model says of its end, by the version of its interface. */
export interface PartForm {
  readonly finishReason: unknown;
  readonly usage: unknown;
}

type Message = Record<string, unknown>;

/** The message that stands for a part; none for what must not pass unread. */
function messageOf(part: ModelPart, n: number): Message | undefined {
  const { type, id, delta, toolCallId, toolName } = part;
  switch (type) {
    case "text-start":
    case "text-delta":
    case "text-end":
    case "reasoning-start":
    case "reasoning-delta":
    case "reasoning-end":
      return { type, id, delta, n };
    case "tool-input-start":
      return { type, toolCallId: id, toolName, n };
    case "tool-input-delta":
      return { type, toolCallId: id, inputTextDelta: delta, n };
    case "tool-call":
      return { type: "tool-input-available", toolCallId, toolName, input: jsonOf(part.input), n };
    case "tool-result":
      return { type: "tool-output-available", toolCallId, output: part.result, n };
    case "source":
      return { type: "source-url", url: part.url, title: part.title, n };
    case "error":
      return { type, n };
    case "finish":
      return { type, n };
    case "raw":
      // All of the answer once more, in the provider's own words.
      return undefined;
    default:
      return { type: "data-part", n };
  }
}

/** Input of a tool comes as JSON text. What is none stays a text. */
function jsonOf(input: unknown): unknown {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** The part that a message of the guard stands for. */
function partOf(
  message: Message,
  part: ModelPart | undefined,
  form: PartForm,
): ModelPart | undefined {
  const { type, id, delta } = message;
  switch (type) {
    case "text-delta":
    case "reasoning-delta":
      return { ...part, type, id, delta };
    case "tool-input-start":
      return part && { ...part, toolName: message.toolName };
    case "tool-input-delta":
      return part && { ...part, delta: message.inputTextDelta };
    case "tool-input-available": {
      if (part === undefined) return undefined;
      const same = JSON.stringify(message.input) === JSON.stringify(jsonOf(part.input));
      const input = same ? part.input : JSON.stringify(message.input);
      return { ...part, toolName: message.toolName, input };
    }
    case "tool-output-available":
      return part && { ...part, result: message.output };
    case "source-url":
      return part && { ...part, url: message.url, title: message.title };
    case "tool-input-error":
      return { type: "tool-input-end", id: message.toolCallId };
    case "error":
      return part ?? { type, error: new Error(String(message.errorText)) };
    case "finish":
      return part ?? { type, ...form };
    case "start":
    case "finish-step":
      return undefined;
    default:
      return part ?? (typeof type === "string" ? { type, id } : undefined);
  }
}

/** The parts that may leave. */
export function guardParts(
  parts: ReadableStream<ModelPart>,
  options: GuardOptions,
  form: PartForm,
): ReadableStream<ModelPart> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const waiting = new Map<number, ModelPart>();
  let number = 0;
  let open = "";
  const write = new TransformStream<ModelPart, Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(encoder.encode('data: {"type":"start"}\n\n'));
    },
    transform(part, controller) {
      const message = messageOf(part, number);
      if (message === undefined) return;
      waiting.set(number, part);
      number += 1;
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
    },
    flush(controller) {
      controller.enqueue(encoder.encode("data: [DONE]\n\n"));
    },
  });
  const read = new TransformStream<Uint8Array, ModelPart>({
    transform(bytes, controller) {
      const events = (open + decoder.decode(bytes, { stream: true })).split("\n\n");
      open = events.pop() ?? "";
      for (const event of events) {
        const data = event.slice("data: ".length);
        if (!event.startsWith("data: ") || data === "[DONE]") continue;
        const message = JSON.parse(data) as Message;
        const n = message.n as number | undefined;
        const part = partOf(message, n === undefined ? undefined : waiting.get(n), form);
        if (part !== undefined) controller.enqueue(part);
        // A part may leave in pieces; those before it have left.
        for (const known of waiting.keys()) {
          if (n === undefined || known >= n) break;
          waiting.delete(known);
        }
      }
    },
  });
  const guard = guardStream({ ...options, dialect: "ui-message" });
  return parts.pipeThrough(write).pipeThrough(guard).pipeThrough(read);
}
