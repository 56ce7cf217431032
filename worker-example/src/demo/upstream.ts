// An upstream without network and key: it replays transcripts the way a model would say them.

import { ApiError } from "../errors.js";
import type { ChatRequest } from "../request.js";
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
export function demoUpstream(chat: ChatRequest, pace: number): Response {
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
  const calls = callsOf(transcript);
  const finish = calls === undefined ? "stop" : "tool_calls";
  const usage = usageOf(chat, tokens.length);
  const common = {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
  };

  if (!chat.stream) {
    const message = { role: "assistant", content: transcript.text, tool_calls: calls };
    const choices = [{ index: 0, message, finish_reason: finish }];
    return Response.json({ ...common, object: "chat.completion", choices, usage });
  }

  const chunk = (delta: object, finish: string | null = null) => ({
    ...common,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const steps: Step[] = [
    { wait: transcript.pause(""), event: chunk({ role: "assistant", content: "" }) },
    ...tokens.map((content, i) => ({
      wait: transcript.pause(tokens[i - 1] ?? "", i),
      event: chunk({ content }),
    })),
    ...(calls ?? [])
      .flatMap(({ function: { name, arguments: text }, ...call }, index) => [
        { call: { index, ...call, function: { name, arguments: "" } } },
        ...tokenize(text).map((piece) => ({ call: { index, function: { arguments: piece } } })),
      ])
      .map(({ call }) => ({ wait: transcript.pause(""), event: chunk({ tool_calls: [call] }) })),
    { wait: 0, event: chunk({}, finish) },
    ...(chat.includeUsage
      ? [{ wait: 0, event: { ...common, object: "chat.completion.chunk", choices: [], usage } }]
      : []),
  ];
  return new Response(replay(steps, pace), {
    headers: { "content-type": "text/event-stream; charset=utf-8" },
  });
}

interface Step {
  /** Milliseconds before the event. */
  wait: number;
  event: object;
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
        controller.enqueue(encoder.encode("data: [DONE]\n\n"));
        controller.close();
        return;
      }
      const wait = step.wait * pace;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (cancelled) return;
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(step.event)}\n\n`));
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

/** The tool calls of a message as the API writes them. */
function callsOf({ call }: Transcript) {
  if (call === undefined) return undefined;
  const id = `call_${crypto.randomUUID().replaceAll("-", "")}`;
  const text = JSON.stringify(call.arguments);
  return [{ id, type: "function", function: { name: call.name, arguments: text } }];
}

function usageOf(chat: ChatRequest, completion: number) {
  const prompt = chat.messages
    .map(({ content }) => (typeof content === "string" ? tokenize(content).length : 0))
    .reduce((sum, count) => sum + count, 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}
