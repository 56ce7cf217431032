// Two hundred streams at once: all arrive whole, none waits for another, and memory stays flat.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chunk, event, sleep, startUpstream, until } from "./support/upstream.mjs";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text);
const STREAMS = 200;
const WAVES = 10;
const expected = tokens.join("");

let upstream;
let worker;
let open = 0;
let most = 0;
before(async () => {
  upstream = await startUpstream(async (response) => {
    open += 1;
    most = Math.max(most, open);
    response.once("close", () => (open -= 1));
    // Nobody goes on before all are there, so that all of them are really open at once.
    response.write(event(chunk(tokens[0])));
    await until(() => most >= STREAMS, `${STREAMS} streams are open`, 30_000);
    for (const token of tokens.slice(1)) {
      await sleep(8);
      response.write(event(chunk(token)));
    }
    response.end(event(chunk(null, "stop")) + event("[DONE]"));
  });
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url } });
});
after(async () => {
  await worker?.stop();
  await upstream?.stop();
});

/**
 * A stream of a client of its own, with a connection of its own. Kept connections would be taken again by the next wave: on a
 * busy machine the streams of a wave end seconds apart, the Worker closes a connection that is idle for five of them, and
 * who writes to it at that moment is reset.
 */
const answer = async () => {
  const response = await ask(worker.base, {}, { headers: { connection: "close" } });
  return response.text();
};

/** Runs all streams once and returns the most memory seen, in MB. */
async function wave() {
  most = 0;
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, worker.residentBytes())), 50);
  try {
    const texts = await Promise.all(Array.from({ length: STREAMS }, answer));
    for (const text of texts) {
      const { data } = parseEvents(text);
      assert.equal(contentOf(data), expected);
      assert.equal(data.at(-1), "[DONE]");
    }
  } finally {
    clearInterval(sampler);
  }
  assert.equal(most, STREAMS);
  return peak / 2 ** 20;
}

test("200 streams at once, wave after wave, in the same memory", async (t) => {
  const rest = worker.residentBytes() / 2 ** 20;
  const peaks = [];
  for (let i = 0; i < WAVES; i += 1) peaks.push(await wave());
  const say = (mb) => mb.toFixed(0);
  t.diagnostic(`workerd: ${say(rest)} MB at rest, peaks of ${peaks.map(say).join(", ")} MB`);
  // The first waves fill heaps and caches. What leaked per stream would show in the later ones: 600 streams that keep
  // 64 KB each are 38 MB.
  const settled = Math.max(...peaks.slice(-6, -3));
  const last = Math.max(...peaks.slice(-3));
  assert.ok(last - settled < 25, `peaks of ${peaks.map(say).join(", ")} MB`);
  assert.ok(last - rest < 400, `${say(last - rest)} MB for ${STREAMS} streams`);
});
