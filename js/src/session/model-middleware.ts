/**
 * Middleware for the AI SDK.
 *
 * @module
 */

import { type ModelPart, type PartForm, guardParts } from "./model-parts.js";
import type { GuardOptions } from "./options.js";

/** What a language model of the AI SDK gives for an answer in one piece. */
interface Generated {
  readonly content: readonly { readonly type: string }[];
  readonly finishReason: unknown;
  readonly usage: unknown;
}

/** Middleware for `wrapLanguageModel` of the AI SDK, version 5 and 6. */
export interface ModelMiddleware {
  /** The interface of models that it wraps. */
  readonly specificationVersion: "v3";
  /** The same for version 5. */
  readonly middlewareVersion: "v2";
  /** Guards an answer that is streamed. */
  wrapStream<Part, Result extends { stream: ReadableStream<Part> }>(call: {
    doStream: () => PromiseLike<Result>;
    model: { readonly specificationVersion: string };
  }): Promise<Result>;
  /** Guards an answer in one piece. */
  wrapGenerate<Result extends Generated>(call: {
    doGenerate: () => PromiseLike<Result>;
    model: { readonly specificationVersion: string };
  }): Promise<Result>;
}

/**
 * Middleware for `wrapLanguageModel` of the AI SDK: whatever the provider, an answer leaves the model as far as it may. A halted
 * one has the finish reason `content-filter`. Raw chunks of the provider are left out: they would tell everything once more.
 * Files pass unread.
 *
 * ```js
 * import { streamText, wrapLanguageModel } from "ai";
 * import { modelMiddleware } from "interlock-wasm";
 *
 * const model = wrapLanguageModel({ model: provider("a-model"), middleware: modelMiddleware({ scorer }) });
 * ```
 *
 * @throws of the wrapped calls {PolicyError} {@link ArgumentError} when the options are refused
 */
export function modelMiddleware(options: Omit<GuardOptions, "dialect"> = {}): ModelMiddleware {
  return {
    specificationVersion: "v3",
    middlewareVersion: "v2",
    async wrapStream({ doStream, model }) {
      const result = await doStream();
      const parts = result.stream as unknown as ReadableStream<ModelPart>;
      return { ...result, stream: guardParts(parts, options, endOf(model.specificationVersion)) };
    },
    async wrapGenerate({ doGenerate, model }) {
      const result = await doGenerate();
      const parts = partsOf(result.content);
      const guarded = guardParts(parts, options, endOf(model.specificationVersion));
      return { ...result, ...(await contentOf(guarded, result)) };
    },
  };
}

/** How a model of a version says that a filter has ended its answer. */
function endOf(version: string): PartForm {
  if (version === "v2") {
    const usage = { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined };
    return { finishReason: "content-filter", usage };
  }
  return {
    finishReason: { unified: "content-filter", raw: "interlock" },
    usage: { inputTokens: { total: undefined }, outputTokens: { total: undefined } },
  };
}

const PIECES: readonly string[] = ["text", "reasoning"];

/** An answer in one piece as the parts of a stream. */
function partsOf(content: readonly ModelPart[]): ReadableStream<ModelPart> {
  const parts = content.flatMap((part, index): ModelPart[] => {
    if (!PIECES.includes(part.type)) return [part];
    const { type, text } = part;
    const id = String(index);
    return [
      { ...part, type: `${type}-start`, id },
      { type: `${type}-delta`, id, delta: text },
      { type: `${type}-end`, id },
    ];
  });
  return new ReadableStream({
    start(controller) {
      for (const part of [...parts, { type: "finish" }]) controller.enqueue(part);
      controller.close();
    },
  });
}

/** What is left of an answer. */
async function contentOf(
  parts: ReadableStream<ModelPart>,
  { finishReason, usage }: Generated,
): Promise<Generated> {
  const content: (ModelPart & { text?: string })[] = [];
  let reason = finishReason;
  const reader = parts.getReader();
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done) return { content, finishReason: reason, usage };
    const [kind = "", step] = part.type.split("-");
    if (part.type === "error") throw part.error;
    if (part.type === "finish") reason = part.finishReason ?? reason;
    else if (!PIECES.includes(kind)) content.push(part);
    else if (step === "start") content.push({ ...part, type: kind, text: "" });
    else if (step === "delta") {
      const last = content.findLast(({ id }) => id === part.id);
      if (last !== undefined) last.text = `${last.text ?? ""}${String(part.delta)}`;
    }
  }
}
