// The protocols that the Worker speaks: how each is asked, and what the messages of its streams say.

/**
 * @typedef {object} Said What a message of a stream says; most say one thing.
 * @property {string} [text] A piece of the answer.
 * @property {{ name: string, text: string }} [call] A piece of a tool call: its name, or some of its arguments.
 * @property {"completed" | "halted"} [end] How the answer ended.
 * @property {string} [reason] The same in words of the protocol.
 * @property {string} [error] What went wrong.
 *
 * @typedef {object} Protocol
 * @property {string} title
 * @property {(model: string) => string} path
 * @property {(model: string, prompt: string) => object} body
 * @property {(message: any) => Said} read
 */

/** @param {string} field @param {string | undefined | null} value @param {string} halted @returns {Said} */
const ending = (field, value, halted) =>
  value == null
    ? {}
    : { end: value === halted ? "halted" : "completed", reason: `${field}: ${value}` };

/** @type {Record<string, Protocol>} */
export const protocols = {
  chat: {
    title: "Chat",
    path: () => "/v1/chat/completions",
    body: (model, prompt) => ({
      model,
      stream: true,
      messages: [{ role: "user", content: prompt }],
    }),
    read({ error, choices }) {
      if (error) return { error: error.message };
      const { delta = {}, finish_reason } = choices?.[0] ?? {};
      const call = delta.tool_calls?.[0]?.function;
      return {
        ...(delta.content && { text: delta.content }),
        ...(call && { call: { name: call.name ?? "", text: call.arguments ?? "" } }),
        ...ending("finish_reason", finish_reason, "content_filter"),
      };
    },
  },
  responses: {
    title: "Responses",
    path: () => "/v1/responses",
    body: (model, prompt) => ({ model, stream: true, input: prompt }),
    read(it) {
      switch (it.type) {
        case "response.output_text.delta":
          return { text: it.delta };
        case "response.output_item.added":
          return it.item.type === "function_call" ? { call: { name: it.item.name, text: "" } } : {};
        case "response.function_call_arguments.delta":
          return { call: { name: "", text: it.delta } };
        case "response.completed":
          return { end: "completed", reason: "status: completed" };
        case "response.incomplete":
          return ending(
            "incomplete_details.reason",
            it.response.incomplete_details?.reason,
            "content_filter",
          );
        case "error":
          return { error: it.message };
        case "response.failed":
          return { error: it.response.error?.message ?? "The response failed." };
        default:
          return {};
      }
    },
  },
  messages: {
    title: "Anthropic",
    path: () => "/v1/messages",
    body: (model, prompt) => ({
      model,
      stream: true,
      max_tokens: 1000,
      messages: [{ role: "user", content: prompt }],
    }),
    read(it) {
      switch (it.type) {
        case "content_block_start":
          return it.content_block.type === "tool_use"
            ? { call: { name: it.content_block.name, text: "" } }
            : {};
        case "content_block_delta":
          return it.delta.type === "input_json_delta"
            ? { call: { name: "", text: it.delta.partial_json } }
            : { text: it.delta.text ?? "" };
        case "message_delta":
          return ending("stop_reason", it.delta.stop_reason, "refusal");
        case "error":
          return { error: it.error.message };
        default:
          return {};
      }
    },
  },
  gemini: {
    title: "Gemini",
    path: (model) => `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
    body: (_, prompt) => ({ contents: [{ role: "user", parts: [{ text: prompt }] }] }),
    read({ error, candidates }) {
      if (error) return { error: error.message };
      const { content, finishReason } = candidates?.[0] ?? {};
      const { text, functionCall: call } = content?.parts?.[0] ?? {};
      return {
        ...(text && { text }),
        ...(call && { call: { name: call.name, text: JSON.stringify(call.args) } }),
        ...ending("finishReason", finishReason, "SAFETY"),
      };
    },
  },
  ui: {
    title: "AI SDK",
    path: () => "/api/chat",
    body: (model, prompt) => ({
      model,
      id: "page",
      trigger: "submit-message",
      messages: [{ id: "question", role: "user", parts: [{ type: "text", text: prompt }] }],
    }),
    read(it) {
      switch (it.type) {
        case "text-delta":
          return { text: it.delta };
        case "tool-input-start":
          return { call: { name: it.toolName, text: "" } };
        case "tool-input-delta":
          return { call: { name: "", text: it.inputTextDelta } };
        case "finish":
          return ending("finishReason", it.finishReason, "content-filter");
        case "error":
          return { error: it.errorText };
        default:
          return {};
      }
    },
  },
};
