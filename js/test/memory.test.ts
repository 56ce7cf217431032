import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamMonitor, guardStream } from "interlock-wasm";
import { initSync } from "#wasm";
import { Upstream, chat, drain, event, sleep } from "./support.js";

const collect = globalThis.gc;
const wasmBytes = (): number => initSync(undefined as never).memory.buffer.byteLength;

async function settle(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    collect?.();
    await sleep(2);
  }
}

/** One stream of many kinds. */
async function stream(kind: number): Promise<void> {
  const deltas = Array.from({ length: 200 }, (_, index) => `word ${index} `);
  const guard = guardStream({
    scorer:
      kind % 2 === 0
        ? ({ id }) => (kind % 4 === 0 && id === 150 ? 0.1 : 0.9)
        : () => Promise.resolve(0.9),
    policy: { halt: { deadline_ms: 10_000 } },
  });
  const upstream = new Upstream([chat(...deltas)]);
  const piped = upstream.stream.pipeThrough(guard);
  if (kind % 5 === 0) {
    const reader = piped.getReader();
    await reader.read();
    await reader.cancel();
  } else {
    await drain(piped);
  }
  await guard.record;
}

test("200 streams at once, again and again, in flat memory", async () => {
  assert.ok(collect, "run with --expose-gc");
  const round = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 200 }, (_, kind) => stream(kind)));
  for (let warm = 0; warm < 3; warm += 1) await round();
  await settle();
  const wasm = wasmBytes();
  const heap = process.memoryUsage().heapUsed;
  for (let again = 0; again < 5; again += 1) await round();
  await settle();
  assert.equal(wasmBytes(), wasm, "the module's memory has grown");
  const grown = process.memoryUsage().heapUsed - heap;
  assert.ok(grown < 3_000_000, `the heap has grown by ${grown} bytes`);
});

test("what nobody frees is freed by the collector", async () => {
  assert.ok(collect, "run with --expose-gc");
  const drop = (): void => {
    for (let count = 0; count < 2000; count += 1)
      new StreamMonitor({ window_size: 4096 }).push(0.9);
    for (let count = 0; count < 200; count += 1) guardStream();
  };
  for (let round = 0; round < 3; round += 1) {
    drop();
    await settle();
  }
  const before = wasmBytes();
  for (let round = 0; round < 6; round += 1) {
    drop();
    await settle();
  }
  assert.ok(wasmBytes() <= before * 1.5, `${wasmBytes()} bytes, ${before} before`);
});

test("a stream costs the same at its end as at its start", async () => {
  const total = 60_000;
  let sent = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        sent += 1;
        const text = sent < total ? event({ content: "token " }) : "data: [DONE]\n\n";
        controller.enqueue(new TextEncoder().encode(text));
        if (sent === total) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source
    .pipeThrough(guardStream({ scorer: (_, { soFar }) => +(soFar !== "") }))
    .getReader();
  let wasm = 0;
  let read = 0;
  for (; !(await reader.read()).done; read += 1) {
    if (read === 5000) wasm = wasmBytes();
  }
  assert.ok(read >= total);
  assert.equal(wasmBytes(), wasm);
});
