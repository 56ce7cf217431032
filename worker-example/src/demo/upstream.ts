// An upstream without network and key: it replays transcripts the way a model would say them.

import { ApiError } from "../errors.js";
import type { ChatRequest } from "../request.js";
import { say, type Event, type Speech } from "./speech.js";
import { transcripts, type Transcript } from "./transcripts.js";

/** The list behind `GET /v1/models`. */
export function demoModels() {
  const data = Object.keys(transcripts).map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "interlock-demo",
  }));
  return { object: "list", data };
}

/** Answers with the transcript named by the model, whatever was asked. */
export function demoUpstream(chat: ChatRequest, isEvents: boolean, pace: number): Response {
  const transcript = Object.hasOwn(transcripts, chat.model) ? transcripts[chat.model] : undefined;
  if (transcript === undefined) {
    const known = Object.keys(transcripts).join(", ");
    throw new ApiError(
      404,
      `The model ${JSON.stringify(chat.model)} does not exist; there are ${known}.`,
      {
        code: "model_not_found",
        param: "model",
      },
    );
  }
  const tokens = tokenize(transcript.text);
  const said = say(chat.protocol.name, {
    id: crypto.randomUUID().replaceAll("-", ""),
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
    pieces: tokens,
    calls: callsOf(transcript),
    usage: { input: promptTokens(chat), output: tokens.length },
    includeUsage: chat.includeUsage,
  });
  if (!chat.stream) return Response.json(said.whole);
  const { before, pieces, after } = said;
  if (!isEvents) return Response.json([...before, ...pieces, ...after]);

  const first = transcript.pause("");
  const steps: Step[] = [
    ...before.map((event, i) => ({ wait: i === 0 ? first : 0, event })),
    ...pieces.map((event, i) => ({ wait: transcript.pause(tokens[i - 1] ?? "", i), event })),
    ...after.map((event) => ({ wait: transcript.call === undefined ? 0 : first, event })),
  ];
  return new Response(replay(steps, pace), {
    headers: { "content-type": "text/event-stream; charset=utf-8" },
  });
}

interface Step {
  /** Milliseconds before the event. */
  wait: number;
  event: Event;
}

/** A message of a stream; one that has a type is called by it. */
function written(event: Event): string {
  if (typeof event === "string") return `data: ${event}\n\n`;
  const name = typeof event.type === "string" ? `event: ${event.type}\n` : "";
  return `${name}data: ${JSON.stringify(event)}\n\n`;
}

/** A stream of server-sent events which keeps the pace, and stops when nobody reads it any more. */
function replay(steps: Step[], pace: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  let cancelled = false;
  return new ReadableStream({
    async pull(controller) {
      const step = steps[next++];
      if (step === undefined) {
        controller.close();
        return;
      }
      const wait = step.wait * pace;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (cancelled) return;
      controller.enqueue(encoder.encode(written(step.event)));
    },
    cancel() {
      cancelled = true;
    },
  });
}

/** Words with the space before them, long ones in two pieces, punctuation apart: about what a model emits. */
export function tokenize(text: string): string[] {
  return (text.match(/\s*[\p{L}\p{N}]+|\s*[^\s\p{L}\p{N}]+/gu) ?? []).flatMap((word) =>
    word.length > 9 ? [word.slice(0, 5), word.slice(5)] : [word],
  );
}

/** The tool calls of a transcript. */
function callsOf({ call }: Transcript): Speech["calls"] {
  if (call === undefined) return [];
  const id = `call_${crypto.randomUUID().replaceAll("-", "")}`;
  return [{ id, name: call.name, pieces: tokenize(JSON.stringify(call.arguments)) }];
}

function promptTokens(chat: ChatRequest): number {
  return chat.messages
    .map(({ content }) => (typeof content === "string" ? tokenize(content).length : 0))
    .reduce((sum, count) => sum + count, 0);
}
