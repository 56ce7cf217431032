// What the guard adds to the latency of a stream: the same Worker, with and without it, in turns.
//
// Upstream and client live in this process and share its clock. The upstream sends a token every few milliseconds and
// notes when; a token's latency is the time until the client has it. Rows go to standard output, as the other benches'.
//
// Between two tokens a machine with nothing else to do falls asleep, and a virtual one takes longer to wake than a token takes
// through the Worker. So something of the lowest priority keeps every core awake.

import { spawn } from "node:child_process";
import { constants, cpus, setPriority } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { REFERENCE_STEP_NS, atMost, calibrationStepNs } from "../../scripts/bench-rows.mjs";
import { chunk, event, sleep, startUpstream } from "./support/upstream.mjs";
import { ask, importExample, startWorker } from "./support/worker.mjs";

const ROUNDS = 11;
const PACE_MS = 2;

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text);

let pace = 0;
/** When each token of the current stream was sent. One stream is under way at a time. */
let sent = [];
const upstream = await startUpstream(async (response, { length }) => {
  for (const [i, token] of tokens.slice(0, length).entries()) {
    if (i > 0 && pace > 0) await sleep(pace);
    sent[i] = performance.now();
    response.write(event(chunk(token)));
  }
  response.end(event(chunk(null, "stop")) + event("[DONE]"));
});
const worker = await startWorker({
  // Where addresses are replaced a word waits for the token behind it, by what the policy asks for: that is no latency of the guard.
  vars: { UPSTREAM_URL: upstream.url, PERSONAL_DATA: "pass" },
  entrypoint: fileURLToPath(new URL("support/bench-worker.ts", import.meta.url)),
});

/** Where each token ends in the text of the stream. */
const ends = tokens.reduce((sums, token) => [...sums, (sums.at(-1) ?? 0) + token.length], []);

/**
 * Reads one stream of some tokens: milliseconds to the first one, and from the upstream for each next one. A token is there
 * when all of its text is: the guard may let it go in parts, or two tokens at once.
 */
async function measure(base, length) {
  sent = [];
  const started = performance.now();
  const response = await ask(base, { length });
  const received = [];
  let delivered = 0;
  let rest = "";
  let isDone = false;
  for await (const bytes of response.body) {
    const now = performance.now();
    const events = (rest + Buffer.from(bytes).toString()).split("\n\n");
    rest = events.pop();
    for (const data of events.map((it) => it.replace(/^data: /, ""))) {
      isDone = data === "[DONE]";
      if (!isDone) delivered += JSON.parse(data).choices[0]?.delta?.content?.length ?? 0;
    }
    while (received.length < length && ends[received.length] <= delivered) received.push(now);
  }
  if (!isDone || rest !== "" || received.length !== length || delivered !== ends[length - 1]) {
    throw new Error(`the stream is not whole: ${received.length} of ${length} tokens, ${rest}`);
  }
  return { first: received[0] - started, next: received.slice(1).map((at, i) => at - sent[i + 1]) };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The figures of some streams over each route, which take turns so that a change of the machine's speed meets both. */
async function alternate(streams, length, figuresOf) {
  const figures = Object.fromEntries(Object.keys(routes).map((route) => [route, []]));
  for (let i = 0; i < streams; i += 1) {
    for (const [route, base] of Object.entries(routes)) {
      figures[route].push(...figuresOf(await measure(base, length)));
    }
  }
  return Object.fromEntries(Object.entries(figures).map(([route, of]) => [route, median(of)]));
}

const routes = {
  guarded: worker.base,
  unguarded: `${worker.origin}/unguarded`,
  loop: `${worker.origin}/loop`,
};

/** Rounds: the first token over many short streams, the next ones over some long ones. */
const rounds = {
  first: () => alternate(40, 1, ({ first }) => [first]),
  next: () => alternate(4, tokens.length, ({ next }) => next),
};

/** Keeps the cores awake: whatever else wants to run does. */
function keepAwake() {
  const spin = ["-e", "for (;;);"];
  const idlers = cpus().map(() => {
    const idler = spawn("chrt", ["--idle", "0", process.execPath, ...spin], { stdio: "ignore" });
    idler.once("error", () => {
      // A machine without `chrt`: the lowest priority that there is otherwise.
      const { pid } = (idlers[idlers.indexOf(idler)] = spawn(process.execPath, spin));
      if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
    });
    return idler;
  });
  return () => {
    for (const idler of idlers) idler.kill("SIGKILL");
  };
}

const fallAsleep = keepAwake();
process.once("exit", fallAsleep);
try {
  // A Worker that has served some streams has compiled what it runs often.
  pace = 0;
  await alternate(200, tokens.length, () => []);
  pace = PACE_MS;

  const seen = { first: [], next: [] };
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const [name, round] of Object.entries(rounds)) {
      const before = calibrationStepNs();
      const latency = await round();
      const scale = REFERENCE_STEP_NS / Math.min(before, calibrationStepNs());
      const added = (latency.guarded - latency.unguarded) * scale;
      seen[name].push({ ...latency, added });
    }
  }
  // The median of the rounds and not their minimum: that of a difference is the round with the luckiest noise.
  const of = (name, what) => median(seen[name].map((round) => round[what]));
  const added = (name) => Math.max(0, of(name, "added"));
  const rows = [
    atMost("Worker: added to the first token, median", added("first"), "ms", 1),
    atMost("Worker: added to each next token, median", added("next"), "ms", 0.1),
  ];
  for (const row of rows) console.log(JSON.stringify(row));
  for (const name of Object.keys(seen)) {
    const [guarded, unguarded, loop] = ["guarded", "unguarded", "loop"].map((route) =>
      of(name, route).toFixed(3),
    );
    console.log(
      `${name} token: ${guarded} ms guarded, ${unguarded} ms not, ${loop} ms through a loop that does nothing, unscaled`,
    );
  }
} finally {
  fallAsleep();
  await worker.stop();
  await upstream.stop();
}
