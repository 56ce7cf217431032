// How a transcript is said in each protocol: as events, and in one piece.

import type { ProtocolName } from "../protocols.js";

/** What is said. */
export interface Speech {
  id: string;
  created: number;
  model: string;
  pieces: string[];
  calls: { id: string; name: string; pieces: string[] }[];
  usage: { input: number; output: number };
  /** The client of chat completions wants the account of usage in the stream. */
  includeUsage: boolean;
}

/** A message of the stream; a text says that nothing follows. */
export type Event = Record<string, unknown> | string;

/** Events before the text, one for each piece of it, and those behind it. */
export interface Said {
  before: Event[];
  pieces: Event[];
  after: Event[];
  /** The answer in one piece. */
  whole: Record<string, unknown>;
}

/** Says it in a protocol. */
export function say(protocol: ProtocolName, speech: Speech): Said {
  return { chat, responses, messages, gemini, ui: chat }[protocol](speech);
}

function chat({ id, created, model, pieces, calls, usage, includeUsage }: Speech): Said {
  const common = { id: `chatcmpl-${id}`, created, model };
  const object = "chat.completion.chunk";
  const chunk = (delta: object, finish: string | null = null) => ({
    ...common,
    object,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const finish = calls.length > 0 ? "tool_calls" : "stop";
  const account = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  };
  const callOf = (call: Speech["calls"][number], text: string) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: text },
  });
  const message = {
    role: "assistant",
    content: pieces.join(""),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => callOf(call, call.pieces.join(""))),
    }),
  };
  return {
    before: [chunk({ role: "assistant", content: "" })],
    pieces: pieces.map((content) => chunk({ content })),
    after: [
      ...calls.flatMap((call, index) => [
        chunk({ tool_calls: [{ index, ...callOf(call, "") }] }),
        ...call.pieces.map((piece) =>
          chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      chunk({}, finish),
      ...(includeUsage ? [{ ...common, object, choices: [], usage: account }] : []),
      "[DONE]",
    ],
    whole: {
      ...common,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: finish }],
      usage: account,
    },
  };
}

function responses({ id, created, model, pieces, calls, usage }: Speech): Said {
  const text = pieces.join("");
  const account = {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.input + usage.output,
  };
  const part = (text: string) => ({ type: "output_text", annotations: [], logprobs: [], text });
  const message = (status: string, content: object[]) => ({
    id: `msg_${id}`,
    type: "message",
    status,
    role: "assistant",
    content,
  });
  const callOf = (call: Speech["calls"][number], status: string, text: string) => ({
    id: `fc_${call.id}`,
    type: "function_call",
    status,
    call_id: call.id,
    name: call.name,
    arguments: text,
  });
  const output = [
    message("completed", [part(text)]),
    ...calls.map((call) => callOf(call, "completed", call.pieces.join(""))),
  ];
  const response = (status: string, output: object[], usage: object | null) => ({
    id: `resp_${id}`,
    object: "response",
    created_at: created,
    status,
    error: null,
    incomplete_details: null,
    model,
    output,
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    usage,
  });
  let sequence_number = 0;
  const event = (type: string, more: object): Event => ({
    type: `response.${type}`,
    sequence_number: sequence_number++,
    ...more,
  });
  const at = { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
  return {
    before: [
      event("created", { response: response("in_progress", [], null) }),
      event("in_progress", { response: response("in_progress", [], null) }),
      event("output_item.added", { output_index: 0, item: message("in_progress", []) }),
      event("content_part.added", { ...at, part: part("") }),
    ],
    pieces: pieces.map((delta) => event("output_text.delta", { ...at, delta, logprobs: [] })),
    after: [
      event("output_text.done", { ...at, text, logprobs: [] }),
      event("content_part.done", { ...at, part: part(text) }),
      event("output_item.done", { output_index: 0, item: output[0] }),
      ...calls.flatMap((call, index) => {
        const output_index = index + 1;
        const at = { item_id: `fc_${call.id}`, output_index };
        const text = call.pieces.join("");
        return [
          event("output_item.added", { output_index, item: callOf(call, "in_progress", "") }),
          ...call.pieces.map((delta) => event("function_call_arguments.delta", { ...at, delta })),
          event("function_call_arguments.done", { ...at, arguments: text }),
          event("output_item.done", { output_index, item: callOf(call, "completed", text) }),
        ];
      }),
      event("completed", { response: response("completed", output, account) }),
    ],
    whole: response("completed", output, account),
  };
}

function messages({ id, model, pieces, calls, usage }: Speech): Said {
  const message = { id: `msg_${id}`, type: "message", role: "assistant", model };
  const reason = calls.length > 0 ? "tool_use" : "end_turn";
  const account = { input_tokens: usage.input, output_tokens: usage.output };
  const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
  const start = (index: number, content_block: object) => ({
    type: "content_block_start",
    index,
    content_block,
  });
  const stop = (index: number) => ({ type: "content_block_stop", index });
  const begin = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...account, output_tokens: 1 },
  };
  return {
    before: [{ type: "message_start", message: begin }, start(0, { type: "text", text: "" })],
    pieces: pieces.map((text) => delta(0, { type: "text_delta", text })),
    after: [
      stop(0),
      ...calls.flatMap(({ id, name, pieces }, index) => [
        start(index + 1, { type: "tool_use", id, name, input: {} }),
        ...pieces.map((piece) =>
          delta(index + 1, { type: "input_json_delta", partial_json: piece }),
        ),
        stop(index + 1),
      ]),
      {
        type: "message_delta",
        delta: { stop_reason: reason, stop_sequence: null },
        usage: { output_tokens: usage.output },
      },
      { type: "message_stop" },
    ],
    whole: {
      ...message,
      content: [
        { type: "text", text: pieces.join("") },
        ...calls.map(({ id, name, pieces }) => ({
          type: "tool_use",
          id,
          name,
          input: JSON.parse(pieces.join("")) as unknown,
        })),
      ],
      stop_reason: reason,
      stop_sequence: null,
      usage: account,
    },
  };
}

function gemini({ id, model, pieces, calls, usage }: Speech): Said {
  const usageMetadata = {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output,
    totalTokenCount: usage.input + usage.output,
  };
  const chunk = (parts: object[], more: object = {}) => ({
    candidates: [{ content: { parts, role: "model" }, index: 0, ...more }],
    usageMetadata,
    modelVersion: model,
    responseId: id,
  });
  const callParts = calls.map(({ name, pieces }) => ({
    functionCall: { name, args: JSON.parse(pieces.join("")) as unknown },
  }));
  const finish = { finishReason: "STOP" };
  return {
    before: [],
    pieces: pieces.map((text) => chunk([{ text }])),
    after: [...callParts.map((part) => chunk([part])), chunk([{ text: "" }], finish)],
    whole: chunk([{ text: pieces.join("") }, ...callParts], finish),
  };
}
