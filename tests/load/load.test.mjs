// A thousand streams at once, of which many leave: all that stay arrive whole, memory stays bounded, and of those that leave
// nothing is left: no lease, no connection to the upstream, no memory of the module, no stream without its record.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chunk, event, sleep, startUpstream, until } from "../e2e/support/upstream.mjs";
import { contentOf, importExample, parseEvents, startWorker } from "../e2e/support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text).slice(0, 24);
const expected = tokens.join("");
/** How many streams there are at once, wave after wave: equal ones show what streams leave behind, a large one fills all caches. */
const WAVES = [200, 200, 200, 200, 1000, 200, 200];
const LARGE = WAVES.indexOf(1000);
const ALL = WAVES.reduce((sum, streams) => sum + streams, 0);
/** So many come at the same moment. */
const CROWD = 50;
/** How many objects keep what the streams do. */
const TENANTS = 8;

// What memory may be for, in bytes.
/** A session of the example's policy, with its automata and its scorer: some 30 KB. */
const SESSION = 40 * 1024;
/** What is free between what is there; as much as one in four sessions of three waves. */
const SLACK = 4 * 1024 * 1024;
/** What a ledger keeps of a node, which it does for good: bytes, hashes and indexes. Some 1.6 KB, in tables that grow by doubling. */
const NODE = 2560;

let upstream;
let worker;
let open = 0;
let most = 0;
/** Opens when all streams of a wave are there. */
let gate = newGate(0);
before(async () => {
  upstream = await startUpstream(async (response) => {
    open += 1;
    most = Math.max(most, open);
    if (open === gate.streams) gate.open();
    response.once("close", () => (open -= 1));
    const write = (value) => !response.destroyed && response.write(event(value));
    // Nobody gets a word before all are there, so that all of them are really open at once.
    response.flushHeaders();
    await gate.opened;
    write(chunk(tokens[0]));
    for (const token of tokens.slice(1)) {
      await sleep(60);
      write(chunk(token));
    }
    response.end(event(chunk(null, "stop")) + event("[DONE]"));
  });
  const entrypoint = fileURLToPath(new URL("../e2e/support/memory-worker.ts", import.meta.url));
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url }, entrypoint });
});
after(async () => {
  await worker?.stop();
  await upstream?.stop();
});

function newGate(streams) {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { open, opened, streams };
}

/** A small deterministic generator (mulberry32), so that a failure can be run again. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const tenant = (at) => ({ authorization: `Bearer tenant-${at % TENANTS}` });

/**
 * A stream of a client of its own, with a connection of its own, which it leaves when it has got more bytes than that; never
 * without a number. Gives what came, and the stream's name.
 */
function answer(at, leaves = Infinity) {
  const body = JSON.stringify({
    model: "clean",
    stream: true,
    max_tokens: 200,
    messages: [{ role: "user", content: "How do I charge the battery?" }],
  });
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", connection: "close", ...tenant(at) };
    const url = `${worker.base}/chat/completions`;
    const request = http.request(url, { method: "POST", headers, agent: false }, (response) => {
      const name = response.headers["x-interlock-stream"];
      let text = "";
      const leave = () => {
        if (text.length <= leaves) return;
        request.destroy();
        resolve({ name, text });
      };
      response.setEncoding("utf8");
      response.on("data", (part) => {
        text += part;
        leave();
      });
      response.on("end", () => resolve({ name, text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** What a tenant's ledger and budget say. */
const ledgerOf = async (at, query = "?limit=1") =>
  (await fetch(`${worker.base}/ledger${query}`, { headers: tenant(at) })).json();

/** How large the memories of the wasm modules are. They never shrink: each is as large as it ever had to be. */
const modules = async () => (await fetch(`${worker.base}/memory`)).json();

/** Runs all streams once, of which some leave; the names of all, by how they should end, and the most memory seen. */
async function wave(streams, next) {
  most = 0;
  gate = newGate(streams);
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, worker.residentBytes())), 100);
  const ends = new Map();
  try {
    // Half of them leave: with the first bytes, which come when all are there, in the middle, near the end.
    const plans = Array.from({ length: streams }, () => (next() < 0.5 ? next() * 4400 : Infinity));
    const one = async (leaves, at) => {
      const { name, text } = await answer(at, leaves);
      assert.ok(name, `the stream has a name: ${text.slice(0, 300)}`);
      const isWhole = text.endsWith("data: [DONE]\n\n");
      ends.set(name, { at, isWhole });
      if (leaves !== Infinity) return;
      assert.ok(isWhole, text.slice(-200));
      assert.equal(contentOf(parseEvents(text).data), expected);
    };
    const running = [];
    // They come in crowds: workerd gives up on a connection whose request it could not read for 15 seconds.
    for (let at = 0; at < streams; at += CROWD) {
      const crowd = plans.slice(at, at + CROWD);
      running.push(...crowd.map((leaves, i) => one(leaves, at + i)));
      await Promise.race([
        until(() => most >= at + CROWD, `${at + CROWD} streams are open`, 60_000),
        Promise.all(running),
      ]);
    }
    await Promise.all(running);
  } finally {
    clearInterval(sampler);
  }
  assert.equal(most, streams);
  return { ends, peak: peak / 2 ** 20 };
}

/** Waits until the tenants have nothing on lease, and gives the ends in their ledgers, by stream. */
async function settled() {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const ledgers = await Promise.all(Array.from({ length: TENANTS }, (_, at) => ledgerOf(at)));
    const reserved = ledgers
      .flatMap(({ budget }) => Object.values(budget))
      .map((it) => it.reserved);
    if (reserved.every((it) => it === 0)) return;
    if (performance.now() > deadline) assert.fail(`on lease: ${reserved.join(", ")}`);
    await sleep(100);
  }
}

test(
  `${Math.max(...WAVES)} streams at once, then wave after wave, half of them leave`,
  { timeout: 300_000 },
  async (t) => {
    const rest = worker.residentBytes() / 2 ** 20;
    // The modules are instantiated with the first request.
    await settled();
    const sizes = [await modules()];
    const next = random(20_26);
    const peaks = [];
    const seconds = [];
    let left = 0;
    for (const streams of WAVES) {
      const start = performance.now();
      const { ends, peak } = await wave(streams, next);
      seconds.push((performance.now() - start) / 1000);
      peaks.push(peak);
      await settled();
      sizes.push(await modules());
      await until(() => open === 0, "the connections to the upstream are closed");
      const names = [...ends].filter(({ 1: { isWhole } }) => !isWhole);
      left += names.length;
      // Every stream is in its tenant's ledger, with its end; fifty of each wave are looked up.
      const looked = [...ends].filter(() => next() < 50 / streams);
      for (const [name, { at, isWhole }] of looked) {
        const { nodes } = await ledgerOf(at, `?stream=${name}`);
        const end = nodes.find(({ kind }) => kind === "session.end");
        assert.ok(end, `${name} is not recorded`);
        // Who leaves with the last bytes may leave a stream that is over.
        const wanted = isWhole ? ["completed"] : ["abandoned", "completed"];
        assert.ok(wanted.includes(end.tags[0]), `${name}: ${end.tags[0]}`);
      }
    }
    const ledgers = await Promise.all(Array.from({ length: TENANTS }, (_, at) => ledgerOf(at)));
    // One node a stream: none is unrecorded, none is recorded twice.
    const recorded = ledgers.reduce((sum, { size }) => sum + size, 0);
    assert.equal(recorded, ALL);
    const { opened, cancelled, finished } = upstream.counts;
    assert.equal(opened, ALL);
    assert.equal(cancelled + finished, opened);
    const say = (values) => values.map((it) => it.toFixed(0)).join(", ");
    t.diagnostic(`workerd: ${say([rest])} MB at rest, peaks of ${say(peaks)} MB`);
    t.diagnostic(
      `${left} of ${opened} left, ${cancelled} cancelled upstream; waves of ${say(seconds)} s`,
    );
    const pages = (name) => sizes.map((it) => it[name] / 2 ** 16).join(", ");
    t.diagnostic(`pages of wasm: sessions ${pages("interlock")}; ledgers ${pages("ledger")}`);

    // Sessions are freed when their streams end: as many streams need what as many needed before.
    const [idle, first] = sizes.map(({ interlock }) => interlock);
    assert.ok(first - idle < WAVES[0] * SESSION + SLACK, pages("interlock"));
    assert.ok(sizes[LARGE].interlock - first < SLACK, pages("interlock"));
    const largest = sizes.at(-1).interlock;
    assert.ok(largest - idle < Math.max(...WAVES) * SESSION + SLACK, pages("interlock"));
    assert.ok(largest - sizes[LARGE + 1].interlock < SLACK, pages("interlock"));
    // Ledgers grow with their nodes.
    assert.ok(sizes.at(-1).ledger - sizes[0].ledger < ALL * NODE, pages("ledger"));
    // The rest is the runtime's. What it has collected it gives back late: it grows over the first thousands of streams, with and
    // without guard and ledger, and then it does not.
    const last = peaks.slice(LARGE);
    assert.ok(Math.max(...last.slice(1)) - last[0] < 40, `peaks of ${say(peaks)} MB`);
    assert.ok(Math.max(...peaks) - rest < 1000, `${say(peaks)} MB`);
  },
);
