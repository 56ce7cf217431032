import assert from "node:assert/strict";
import type { GuardStream, InterlockError, SessionRecord } from "interlock-wasm";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

/** One event of an OpenAI chat stream. */
export function event(delta: object, more: object = {}): string {
  const choices = [{ index: 0, delta, finish_reason: null }];
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices, ...more })}\n\n`;
}

export const DONE = "data: [DONE]\n\n";

/** A whole OpenAI chat stream of these deltas. */
export function chat(...deltas: string[]): string {
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  return [
    event({ role: "assistant", content: "" }),
    ...deltas.map((content) => event({ content })),
    `data: ${JSON.stringify(finish)}\n\n`,
    DONE,
  ].join("");
}

/** A score of 0.1 for text with "bad" in it. */
export const score = ({ text }: { text: string }): number => (text.includes("bad") ? 0.1 : 0.9);

/** What a client reads: the content of every event, and the finish reason. */
export function read(stream: string): {
  content: string;
  finish: string | undefined;
  done: boolean;
} {
  let content = "";
  let finish: string | undefined;
  let done = false;
  for (const block of stream.split("\n\n")) {
    if (!block.startsWith("data: ")) continue;
    const data = block.slice(6);
    if (data === "[DONE]") {
      done = true;
      continue;
    }
    const { choices } = JSON.parse(data) as {
      choices?: { delta: { content?: string }; finish_reason?: string | null }[];
    };
    content += choices?.[0]?.delta.content ?? "";
    finish = choices?.[0]?.finish_reason ?? finish;
  }
  return { content, finish, done };
}

/** An upstream that gives chunks and counts its cancellations. */
export class Upstream {
  cancelled: unknown[] = [];
  readonly stream: ReadableStream<Uint8Array>;

  constructor(
    chunks: readonly (Uint8Array | string)[],
    { close = true, error }: { close?: boolean; error?: unknown } = {},
  ) {
    let next = 0;
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = chunks[next];
          next += 1;
          if (chunk !== undefined) {
            controller.enqueue(typeof chunk === "string" ? utf8(chunk) : chunk);
          } else if (error !== undefined) controller.error(error);
          else if (close) controller.close();
        },
        cancel: (reason) => {
          this.cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

/** All that a stream gives. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const stateful = new TextDecoder();
  let all = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all + stateful.decode();
    all += stateful.decode(value, { stream: true });
  }
}

/** Sends chunks through a guard. */
export async function through(
  guard: GuardStream,
  ...chunks: (Uint8Array | string)[]
): Promise<{ output: string; record: SessionRecord; upstream: Upstream }> {
  const upstream = new Upstream(chunks);
  const output = await drain(upstream.stream.pipeThrough(guard));
  return { output, record: await guard.record, upstream };
}

/** Asserts the class and fields of what is thrown. */
export function throws<E extends InterlockError>(
  type: new (...args: never[]) => E,
  work: () => unknown,
  fields: Partial<Record<keyof E, unknown>> = {},
): void {
  assert.throws(work, (error) => {
    assertError(error, type, fields);
    return true;
  });
}

export function assertError<E extends InterlockError>(
  error: unknown,
  type: new (...args: never[]) => E,
  fields: Partial<Record<keyof E, unknown>> = {},
): asserts error is E {
  assert.ok(error instanceof type, `${String(error)} is no ${type.name}`);
  for (const [name, value] of Object.entries(fields)) {
    assert.deepEqual(error[name as keyof E], value, name);
  }
  assert.equal(error.name, type.name);
}

/** A small deterministic generator (mulberry32), so that a failure can be run again. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Cuts bytes at random places. */
export function cutAtRandom(bytes: Uint8Array, next: () => number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(next() ** 3 * 200);
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
