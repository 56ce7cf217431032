// What the AI SDK's chat clients read: a UI message stream, or the text alone, from the stream of a chat completion. Nothing
// is judged here: the guard reads what comes out.

import { isObject } from "../request.js";

/** A message of the stream; a text says that nothing follows. */
type Message = Record<string, unknown> | "[DONE]";

/** A line of the upstream may have so many characters. */
const MOST = 1 << 20;

const NO_COMPLETION = "The upstream sent what is no chat completion.";
const CUT_OFF = "The upstream ended before its answer did.";

/** What the ends of chat completions are called. */
const FINISHED: ReadonlyMap<unknown, string> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
]);

/** The stream of a chat completion as clients of the AI SDK want it: as a UI message stream, or as text. */
export function answerOf({ body }: Response, { headers }: Request): Response {
  const isText = headers.get("accept")?.includes("text/plain") === true;
  const writer = isText ? new TextWriter() : new PartWriter();
  return new Response(body?.pipeThrough(new TransformStream(new Rewriter(writer))), {
    headers: isText
      ? { "content-type": "text/plain; charset=utf-8" }
      : { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" },
  });
}

/** Writes an answer in a protocol. */
interface Writer {
  /** Why the answer ended, once that has come. */
  readonly finish: unknown;
  begin(): string;
  /** A chunk of the completion. */
  chunk(chunk: Record<string, unknown>): string;
  /** The answer came to its end. */
  end(): string;
  /** The upstream broke. */
  fail(message: string): string;
}

/** Reads the events of a completion, wherever they are cut, and writes them anew. */
class Rewriter implements Transformer<Uint8Array, Uint8Array> {
  readonly #writer: Writer;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #rest = "";

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  start(controller: TransformStreamDefaultController<Uint8Array>): void {
    this.#send(this.#writer.begin(), controller);
  }

  transform(bytes: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void {
    // A CR at the end may be half of a line's.
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(
      /\r\n|\n|\r(?!$)/,
    );
    this.#rest = lines.pop() ?? "";
    let out = "";
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const chunk = read(line.slice(5).trim());
      if (chunk === "[DONE]" || chunk instanceof Fault) {
        out += chunk === "[DONE]" ? this.#end() : this.#writer.fail(chunk.message);
        this.#send(out, controller);
        controller.terminate();
        return;
      }
      out += this.#writer.chunk(chunk);
    }
    if (this.#rest.length > MOST) throw new Error(NO_COMPLETION);
    this.#send(out, controller);
  }

  flush(controller: TransformStreamDefaultController<Uint8Array>): void {
    this.#send(this.#end(), controller);
  }

  #end(): string {
    return this.#writer.finish === undefined ? this.#writer.fail(CUT_OFF) : this.#writer.end();
  }

  #send(text: string, controller: TransformStreamDefaultController<Uint8Array>): void {
    if (text !== "") controller.enqueue(this.#encoder.encode(text));
  }
}

/** What is wrong with the upstream's answer. */
class Fault {
  constructor(readonly message: string) {}
}

/** A chunk of the completion, or its end. */
function read(data: string): Record<string, unknown> | "[DONE]" | Fault {
  if (data === "[DONE]") return data;
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch {
    return new Fault(NO_COMPLETION);
  }
  if (!isObject(chunk)) return new Fault(NO_COMPLETION);
  if (!isObject(chunk.error)) return chunk;
  const { message } = chunk.error;
  return new Fault(typeof message === "string" ? message : NO_COMPLETION);
}

/** The first choice of a chunk: clients of the AI SDK know no other. */
function choiceOf({ choices }: Record<string, unknown>): Record<string, unknown> {
  const list: unknown[] = Array.isArray(choices) ? choices : [];
  const choice = list.find((it) => isObject(it) && (it.index ?? 0) === 0);
  return isObject(choice) ? choice : {};
}

/** The text alone. */
class TextWriter implements Writer {
  finish: unknown;

  begin(): string {
    return "";
  }

  chunk(chunk: Record<string, unknown>): string {
    const { delta, finish_reason: finish } = choiceOf(chunk);
    this.finish ??= finish ?? undefined;
    return isObject(delta) && typeof delta.content === "string" ? delta.content : "";
  }

  end(): string {
    return "";
  }

  fail(message: string): never {
    throw new Error(message);
  }
}

/** A part that is being written. */
interface Open {
  kind: "text" | "reasoning";
  id: string;
}

/** A tool call as far as it has come. */
interface Call {
  toolCallId: string;
  toolName: string;
  input: string;
}

/** A UI message stream: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol */
class PartWriter implements Writer {
  finish: unknown;
  #parts = 0;
  #open: Open | undefined;
  readonly #calls = new Map<unknown, Call>();

  begin(): string {
    return written({ type: "start" }, { type: "start-step" });
  }

  chunk(chunk: Record<string, unknown>): string {
    const { delta, finish_reason: finish } = choiceOf(chunk);
    this.finish ??= finish ?? undefined;
    if (!isObject(delta)) return "";
    const { reasoning_content: thoughts, reasoning, content, refusal, tool_calls: calls } = delta;
    return [
      this.#piece("reasoning", thoughts ?? reasoning),
      this.#piece("text", content),
      this.#piece("text", refusal),
      ...(Array.isArray(calls) ? calls.map((call: unknown) => this.#call(call)) : []),
    ].join("");
  }

  #piece(kind: Open["kind"], delta: unknown): string {
    if (typeof delta !== "string" || delta === "") return "";
    if (this.#open?.kind === kind) {
      return written({ type: `${kind}-delta`, id: this.#open.id, delta });
    }
    const id = `${kind}-${this.#parts++}`;
    const end = this.#close();
    this.#open = { kind, id };
    return end + written({ type: `${kind}-start`, id }, { type: `${kind}-delta`, id, delta });
  }

  #close(): string {
    if (this.#open === undefined) return "";
    const { kind, id } = this.#open;
    this.#open = undefined;
    return written({ type: `${kind}-end`, id });
  }

  #call(part: unknown): string {
    if (!isObject(part)) return "";
    const { index = 0, id, function: called } = part;
    const { name, arguments: piece } = isObject(called) ? called : {};
    let begin = "";
    let call = this.#calls.get(index);
    if (call === undefined) {
      const toolCallId = typeof id === "string" ? id : `call-${this.#calls.size}`;
      const toolName = typeof name === "string" ? name : "";
      call = { toolCallId, toolName, input: "" };
      this.#calls.set(index, call);
      begin = this.#close() + written({ type: "tool-input-start", toolCallId, toolName });
    }
    if (typeof piece !== "string" || piece === "") return begin;
    call.input += piece;
    const { toolCallId } = call;
    return begin + written({ type: "tool-input-delta", toolCallId, inputTextDelta: piece });
  }

  end(): string {
    const finishReason = FINISHED.get(this.finish) ?? "other";
    return (
      this.#close() +
      written(
        ...Array.from(this.#calls.values(), inputOf),
        { type: "finish-step" },
        { type: "finish", finishReason },
        "[DONE]",
      )
    );
  }

  fail(errorText: string): string {
    return written({ type: "error", errorText }, "[DONE]");
  }
}

/** The input of a call that has come to its end. */
function inputOf({ toolCallId, toolName, input }: Call): Message {
  const call = { toolCallId, toolName };
  try {
    return { type: "tool-input-available", ...call, input: JSON.parse(input || "{}") as unknown };
  } catch {
    const errorText = "The input is not JSON.";
    return { type: "tool-input-error", ...call, input, errorText };
  }
}

function written(...messages: Message[]): string {
  return messages
    .map((it) => `data: ${typeof it === "string" ? it : JSON.stringify(it)}\n\n`)
    .join("");
}
