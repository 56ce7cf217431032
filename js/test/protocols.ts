/** An upstream in this process that speaks every protocol. */

type Json = Record<string, unknown>;

const named = (events: Json[]): string =>
  events
    .map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
const unnamed = (events: (Json | string)[]): string =>
  events
    .map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`)
    .join("");

const usage = { input_tokens: 4, output_tokens: 5, total_tokens: 9 };

/** Streams of each protocol that say these pieces, by the end of the path that they are asked for at. */
export const streams: Record<string, (pieces: string[]) => string> = {
  "/chat/completions": (pieces) =>
    unnamed([
      ...pieces.map((content) => ({
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }],
      })),
      {
        id: "c",
        object: "chat.completion.chunk",
        created: 1,
        model: "m",
        choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
      },
      "[DONE]",
    ]),

  "/responses": (pieces) => {
    const text = pieces.join("");
    const part = (text: string): Json => ({
      type: "output_text",
      annotations: [],
      logprobs: [],
      text,
    });
    const item = (status: string, content: Json[]): Json => ({
      id: "msg_1",
      type: "message",
      status,
      content,
      role: "assistant",
    });
    const response = (status: string, output: Json[]): Json => ({
      id: "resp_1",
      object: "response",
      created_at: 1,
      status,
      error: null,
      incomplete_details: null,
      model: "m",
      output,
      usage: status === "completed" ? usage : null,
    });
    const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
    const done = item("completed", [part(text)]);
    const events: Json[] = [
      { type: "response.created", response: response("in_progress", []) },
      { type: "response.output_item.added", output_index: 0, item: item("in_progress", []) },
      { type: "response.content_part.added", ...at, part: part("") },
      ...pieces.map((delta) => ({
        type: "response.output_text.delta",
        ...at,
        delta,
        logprobs: [],
      })),
      { type: "response.output_text.done", ...at, text, logprobs: [] },
      { type: "response.content_part.done", ...at, part: part(text) },
      { type: "response.output_item.done", output_index: 0, item: done },
      { type: "response.completed", response: response("completed", [done]) },
    ];
    return named(events.map((event, sequence_number) => ({ ...event, sequence_number })));
  },

  "/messages": (pieces) =>
    named([
      {
        type: "message_start",
        message: {
          id: "msg_1",
          type: "message",
          role: "assistant",
          model: "m",
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 4, output_tokens: 1 },
        },
      },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "ping" },
      ...pieces.map((text) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text },
      })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 5 },
      },
      { type: "message_stop" },
    ]),

  ":streamGenerateContent": (pieces) =>
    unnamed(
      [...pieces, ""].map((text, index) => ({
        candidates: [
          {
            content: { parts: [{ text }], role: "model" },
            index: 0,
            ...(index === pieces.length && { finishReason: "STOP" }),
          },
        ],
        usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 5, totalTokenCount: 9 },
        modelVersion: "m",
      })),
    ),

  "/api/chat": (pieces) =>
    unnamed([
      { type: "start", messageId: "m" },
      { type: "start-step" },
      { type: "text-start", id: "0" },
      ...pieces.map((delta) => ({ type: "text-delta", id: "0", delta })),
      { type: "text-end", id: "0" },
      { type: "finish-step" },
      { type: "finish", finishReason: "stop" },
      "[DONE]",
    ]),
};

/** A `fetch` to an upstream that says these pieces. */
export function upstream(...pieces: string[]): typeof fetch {
  return (input) => {
    const url = input instanceof Request ? input.url : String(input);
    const { pathname } = new URL(url);
    const stream = Object.entries(streams).find(([path]) => pathname.endsWith(path))?.[1];
    if (stream === undefined) return Promise.resolve(new Response("nothing", { status: 404 }));
    const headers = new Headers({ "content-type": "text/event-stream" });
    if (pathname === "/api/chat") headers.set("x-vercel-ai-ui-message-stream", "v1");
    return Promise.resolve(new Response(stream(pieces), { headers }));
  };
}
