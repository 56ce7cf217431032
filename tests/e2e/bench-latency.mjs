// What the guard adds to the latency of a stream: the same Worker, with and without it, in turns.
//
// Upstream and client live in this process and share its clock. The upstream sends a token every few milliseconds and
// notes when; a token's latency is the time until the client has it. Rows go to standard output, as the other benches'.

import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { atMost, takeTurns } from "../../scripts/bench-rows.mjs";
import { chunk, event, sleep, startUpstream } from "./support/upstream.mjs";
import { ask, importExample, startWorker } from "./support/worker.mjs";

const ROUNDS = 9;
const PACE_MS = 2;

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text);

/** When each token of the current stream was sent. One stream is under way at a time. */
let sent = [];
const upstream = await startUpstream(async (response, { length }) => {
  for (const [i, token] of tokens.slice(0, length).entries()) {
    if (i > 0) await sleep(PACE_MS);
    sent[i] = performance.now();
    response.write(event(chunk(token)));
  }
  response.end(event(chunk(null, "stop")) + event("[DONE]"));
});
const worker = await startWorker({
  vars: { UPSTREAM_URL: upstream.url },
  entrypoint: fileURLToPath(new URL("support/bench-worker.ts", import.meta.url)),
});

/** Reads one stream of some tokens: milliseconds to the first one, and from the upstream for each next one. */
async function measure(base, length) {
  sent = [];
  const started = performance.now();
  const response = await ask(base, { length });
  const received = [];
  let text = "";
  for await (const bytes of response.body) {
    const now = performance.now();
    text += Buffer.from(bytes).toString();
    const whole = text.split("\n\n").length - 1;
    while (received.length < Math.min(whole, length)) received.push(now);
  }
  if (!text.endsWith("data: [DONE]\n\n") || received.length !== length) {
    throw new Error(`the stream is not whole: ${text.slice(-200)}`);
  }
  return { first: received[0] - started, next: received.slice(1).map((at, i) => at - sent[i + 1]) };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** What one round measures: the median over many short streams, and over the tokens of some long ones. */
const rounds = {
  async first(base) {
    const all = [];
    for (let i = 0; i < 40; i += 1) all.push((await measure(base, 1)).first);
    return median(all);
  },
  async next(base) {
    const all = [];
    for (let i = 0; i < 4; i += 1) all.push(...(await measure(base, tokens.length)).next);
    return median(all);
  },
};

try {
  const routes = { guarded: worker.base, unguarded: `${worker.origin}/unguarded` };
  const best = {};
  for (const [name, round] of Object.entries(rounds)) {
    for (const base of Object.values(routes)) await round(base);
    const things = Object.entries(routes).map(([route, base]) => [route, () => round(base)]);
    best[name] = await takeTurns(Object.fromEntries(things), { rounds: ROUNDS });
  }
  const added = ({ guarded, unguarded }) => Math.max(0, guarded.min - unguarded.min);
  const rows = [
    atMost("Worker: added to the first token, median", added(best.first), "ms", 1),
    atMost("Worker: added to each next token, median", added(best.next), "ms", 0.1),
  ];
  for (const row of rows) console.log(JSON.stringify(row));
  for (const [key, { guarded, unguarded }] of Object.entries(best)) {
    console.log(
      `${key} token: ${guarded.min.toFixed(3)} ms guarded, ${unguarded.min.toFixed(3)} ms not`,
    );
  }
} finally {
  await worker.stop();
  await upstream.stop();
}
