// What there is one of per tenant: a budget that holds whatever runs at once, and a ledger that can be verified.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  Ed25519Verifier,
  leafHash,
  openCheckpoint,
  readLedger,
  verifyConsistency,
  verifyInclusion,
} from "interlock-wasm/ledger";
import { inRoot } from "../../scripts/lib/shell.mjs";
import { chunk, event, sleep, startUpstream, until } from "./support/upstream.mjs";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text);
const entrypoint = fileURLToPath(new URL("support/counting-worker.ts", import.meta.url));
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const as = (key) => ({ headers: { authorization: `Bearer ${key}` } });

/** What a tenant's route answers. */
async function read(worker, path = "", init = as("nobody")) {
  const response = await fetch(`${worker.base}/ledger${path}`, init);
  assert.equal(response.status, 200, path);
  return response;
}
const ledgerOf = async (worker, init, query = "") => (await read(worker, query, init)).json();

/** The nodes of a stream, the first one first, once its end is among them. */
async function nodesOf(worker, stream, init) {
  let nodes = [];
  await untilAsync(async () => {
    ({ nodes } = await ledgerOf(worker, init, `?stream=${stream}`));
    return nodes.some(({ kind }) => kind === "session.end");
  }, "the end is recorded");
  return nodes.reverse();
}

async function untilAsync(holds, what) {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not in time`);
    await sleep(20);
  }
}

describe("the demo", () => {
  let worker;
  before(async () => (worker = await startWorker()));
  after(() => worker?.stop());

  test("an allowed call reaches the client, one outside the grant does not, and both are recorded", async () => {
    const allowed = await ask(worker.base, { model: "agent" });
    assert.match(await allowed.text(), /"name":"read_manual"[\s\S]*"finish_reason":"tool_calls"/);
    const stream = allowed.headers.get("x-interlock-stream");
    const kinds = (nodes) => nodes.map(({ kind, tags }) => `${kind} ${tags}`);
    assert.deepEqual(kinds(await nodesOf(worker, stream, {})), [
      "covenant.decision allow",
      "session.end completed",
    ]);

    for (const stream of [true, false]) {
      const denied = await ask(worker.base, { model: "agent-denied", stream });
      assert.equal(denied.status, 200);
      const text = await denied.text();
      assert.ok(!text.includes("set_charge_limit"), text);
      assert.match(text, /"finish_reason": ?"content_filter"/);
      const nodes = await nodesOf(worker, denied.headers.get("x-interlock-stream"), {});
      assert.deepEqual(kinds(nodes), [
        "covenant.decision deny",
        "session.halt denied",
        "session.end halted",
      ]);
      const { grant, version, resource } = JSON.parse(nodes[0].payload);
      assert.deepEqual([grant, version, resource], ["manual-assistant", 1, "set_charge_limit"]);
    }
  });

  test("a ledger is verified from outside: checkpoint, inclusion, consistency, the whole file", async (t) => {
    const init = as("verified");
    for (const model of ["clean", "drop"]) await (await ask(worker.base, { model }, init)).text();
    await untilAsync(async () => (await ledgerOf(worker, init)).size === 3, "both are recorded");
    const { origin, key, nodes } = await ledgerOf(worker, init);
    const verifier = new Ed25519Verifier(key);
    const first = openCheckpoint(await (await read(worker, "/checkpoint", init)).text(), origin, [
      verifier,
    ]);
    for (const { index } of nodes) {
      const proof = await (await read(worker, `/proof?index=${index}`, init)).json();
      const { size, root } = openCheckpoint(proof.checkpoint, origin, [verifier]);
      const leaf = leafHash(bytes(proof.entry));
      verifyInclusion(leaf, index, size, proof.path.map(bytes), root);
      const forged = Uint8Array.from(root, (byte, i) => (i === 0 ? byte ^ 1 : byte));
      assert.throws(() => verifyInclusion(leaf, index, size, proof.path.map(bytes), forged));
    }

    const answer = await ask(worker.base, { model: "drift" }, init);
    await answer.text();
    await nodesOf(worker, answer.headers.get("x-interlock-stream"), init);
    const file = new Uint8Array(await (await read(worker, "/export", init)).arrayBuffer());
    const { ledger, torn } = await readLedger(file);
    assert.deepEqual([ledger.size, torn], [5, 0]);
    const second = openCheckpoint(await (await read(worker, "/checkpoint", init)).text(), origin, [
      verifier,
    ]);
    assert.deepEqual(ledger.root(), second.root);
    const path = ledger.consistencyProof(first.size);
    verifyConsistency(first.size, first.root, second.size, second.root, path);

    const program = inRoot("target/release/interlock");
    const folder = await mkdtemp(join(tmpdir(), "interlock-"));
    try {
      await writeFile(join(folder, "export.ledger"), file);
      const run = (...args) => spawnSync(program, args, { encoding: "utf8" });
      if (!existsSync(program) || run("ledger", "--help").status !== 0) {
        t.diagnostic("skipped: the export in the command line, which is not built");
        return;
      }
      const { status, stdout, stderr } = run("ledger", "query", join(folder, "export.ledger"));
      assert.equal(status, 0, stderr);
      assert.equal(stdout.trim().split("\n").length, ledger.size);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("keys have ledgers of their own, and what is not there is an error", async () => {
    await (await ask(worker.base, {}, as("one"))).text();
    const two = await ledgerOf(worker, as("two"));
    assert.equal(two.size, 0);
    for (const [path, status] of [
      ["/proof", 400],
      ["/proof?index=0", 400],
      ["/proof?index=-1", 400],
      ["?limit=x", 400],
      ["/nothing", 404],
    ]) {
      const response = await fetch(`${worker.base}/ledger${path}`, as("two"));
      assert.equal(response.status, status, path);
      assert.equal(typeof (await response.json()).error.message, "string");
    }
    assert.equal((await fetch(`${worker.base}/ledger`, { method: "POST" })).status, 405);
  });
});

describe("200 streams at once under one budget", () => {
  const STREAMS = 200;
  const LEASE = 100;
  // Half of the streams get a lease.
  const CEILING = (STREAMS / 2) * LEASE;
  const TOKENS = 40;

  let upstream;
  let worker;
  let together = 0;
  let mode;
  before(async () => {
    upstream = await startUpstream(async (response) => {
      together += 1;
      for (let i = 0; i < TOKENS; i += 1) {
        if (response.destroyed) return;
        response.write(event(chunk(tokens[i])));
        if (i === 0) await until(() => together >= STREAMS / 2, "all are open", 30_000);
        await sleep(mode === "slow" ? 50 : 2);
      }
      const usage = { prompt_tokens: 1, completion_tokens: TOKENS, total_tokens: TOKENS + 1 };
      response.end(event({ ...chunk(null, "stop"), usage }) + event("[DONE]"));
    });
    worker = await startWorker({
      entrypoint,
      vars: { UPSTREAM_URL: upstream.url, BUDGET_TOKENS: String(CEILING) },
    });
  });
  after(async () => {
    await worker?.stop();
    await upstream?.stop();
  });

  const init = as("team");
  const start = (more = {}) => ask(worker.base, { max_tokens: LEASE }, { ...init, ...more });
  const balance = async () => (await ledgerOf(worker, init)).budget.tokens;
  const calls = async () => (await fetch(`${worker.origin}/calls`)).json();

  test("never above the ceiling, two calls a stream, and what was not spent is free again", async () => {
    together = 0;
    const answers = await Promise.all(Array.from({ length: STREAMS }, () => start()));
    const open = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    assert.deepEqual([open.length, refused.length], [STREAMS / 2, STREAMS / 2]);
    const { ceiling, spent, reserved, free } = await balance();
    assert.equal(ceiling, CEILING);
    assert.ok(spent + reserved <= CEILING && free >= 0);
    assert.equal((await refused[0].json()).error.code, "insufficient_quota");
    for (const answer of open)
      assert.match(await answer.text(), /"finish_reason":"stop"[\s\S]*\[DONE\]/);
    await untilAsync(async () => (await balance()).reserved === 0, "all leases are settled");
    assert.equal((await balance()).spent, (STREAMS / 2) * TOKENS);
    const { lease, append = 0, settle } = await calls();
    assert.deepEqual({ lease, append, settle }, { lease: STREAMS, append: 0, settle: STREAMS / 2 });
  });

  test("clients that leave get back what they did not spend", async () => {
    mode = "slow";
    together = STREAMS / 2;
    const before = await balance();
    const streams = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const abort = new AbortController();
        const answer = await start({ signal: abort.signal });
        await answer.body.getReader().read();
        return abort;
      }),
    );
    assert.equal((await balance()).reserved, 20 * LEASE);
    for (const abort of streams) abort.abort();
    await untilAsync(async () => (await balance()).reserved === 0, "all leases are settled");
    const { spent } = await balance();
    assert.ok(spent > before.spent && spent < before.spent + 20 * TOKENS, String(spent));
    // They are recorded as what they are: nobody stopped these streams.
    const { nodes } = await ledgerOf(worker, init, "?limit=20");
    assert.deepEqual(
      nodes.map(({ kind, tags: [tag] }) => `${kind} ${tag}`),
      Array.from({ length: 20 }, () => "session.end abandoned"),
    );
  });

  test("a stream whose lease is spent is halted", async () => {
    mode = "fast";
    const answer = await ask(worker.base, { max_tokens: 10 }, init);
    const { data } = parseEvents(await answer.text());
    assert.ok(contentOf(data).startsWith(tokens.slice(0, 5).join("")));
    assert.match(data.at(-2), /content_filter/);
    const nodes = await nodesOf(worker, answer.headers.get("x-interlock-stream"), init);
    assert.deepEqual(
      nodes.map(({ tags: [tag] }) => tag),
      ["budget", "halted"],
    );
  });
});

describe("leases that are shorter than the answers", () => {
  const LEASE = 20;
  const CEILING = 2000;
  const DELTAS = 120;
  // A token is so many bytes until the upstream has said how many there were.
  const text = Array.from({ length: DELTAS }, (_, i) => tokens[i % tokens.length]).join("");
  const TOKENS = Math.ceil(new TextEncoder().encode(text).length / 4);

  let upstream;
  let worker;
  before(async () => {
    upstream = await startUpstream(async (response) => {
      for (let i = 0; i < DELTAS; i += 1) {
        if (response.destroyed) return;
        response.write(event(chunk(tokens[i % tokens.length])));
        await sleep(1);
      }
      response.end(event(chunk(null, "stop")) + event("[DONE]"));
    });
    worker = await startWorker({
      entrypoint,
      vars: {
        UPSTREAM_URL: upstream.url,
        BUDGET_TOKENS: String(CEILING),
        LEASE_TOKENS: String(LEASE),
      },
    });
  });
  after(async () => {
    await worker?.stop();
    await upstream?.stop();
  });

  const balance = async (key) => (await ledgerOf(worker, as(key))).budget.tokens;
  const calls = async () => (await fetch(`${worker.origin}/calls`)).json();
  const settled = async (key) => {
    await untilAsync(async () => (await balance(key)).reserved === 0, "all leases are settled");
    return balance(key);
  };

  test("a lease that runs low is topped up, and what is left of it goes back", async () => {
    const answer = await ask(worker.base, { max_tokens: 1500 }, as("long"));
    const { data } = parseEvents(await answer.text());
    assert.equal(contentOf(data), text);
    const { spent } = await settled("long");
    assert.equal(spent, TOKENS);
    const { lease, topUp, settle } = await calls();
    assert.deepEqual([lease, settle], [1, 1]);
    // One in LEASE tokens; what it had when it came to its end was asked for, too.
    assert.ok(topUp >= TOKENS / LEASE - 1 && topUp <= TOKENS / LEASE + 1, `${topUp} of ${TOKENS}`);
  });

  test("max_tokens is the end of it, whatever the tenant has", async () => {
    const answer = await ask(worker.base, { max_tokens: 50 }, as("capped"));
    const { data } = parseEvents(await answer.text());
    assert.match(data.at(-2), /content_filter/);
    const nodes = await nodesOf(worker, answer.headers.get("x-interlock-stream"), as("capped"));
    assert.deepEqual(
      nodes.map(({ tags: [tag] }) => tag),
      ["budget", "halted"],
    );
    const { spent } = await settled("capped");
    assert.ok(spent > 40 && spent <= 50, String(spent));
  });

  test("many at once spend what there is and not a token more, and then halt", async () => {
    const streams = Math.ceil((CEILING / TOKENS) * 2);
    const answers = await Promise.all(
      Array.from({ length: streams }, () => ask(worker.base, { max_tokens: 1500 }, as("crowd"))),
    );
    const open = answers.filter(({ status }) => status === 200);
    const watching = (async () => {
      for (let i = 0; i < 10; i += 1) {
        const { ceiling, spent, reserved, free } = await balance("crowd");
        assert.ok(free >= 0 && spent + reserved + free === ceiling && ceiling === CEILING);
        await sleep(20);
      }
    })();
    const bodies = await Promise.all(open.map((answer) => answer.text()));
    await watching;
    const ends = bodies.map((body) => (/content_filter/.test(body) ? "halted" : "completed"));
    assert.ok(ends.includes("halted"), `none of ${streams} was halted`);
    for (const body of bodies)
      assert.ok(text.startsWith(contentOf(parseEvents(body).data).split("[")[0]));
    const { spent } = await settled("crowd");
    assert.ok(spent <= CEILING && spent > CEILING * 0.8, String(spent));
  });
});

test("a lease of a stream that is never heard of again is spent when its time is over", async () => {
  const upstream = await startUpstream((response) => response.write(event(chunk(" w"))));
  const persist = await mkdtemp(join(tmpdir(), "interlock-"));
  const options = { vars: { UPSTREAM_URL: upstream.url, LEASE_SECONDS: "1" }, persist };
  let worker = await startWorker(options);
  try {
    const answer = await ask(worker.base, { max_tokens: 50 });
    await answer.body.getReader().read();
    assert.equal((await ledgerOf(worker, {})).budget.tokens.reserved, 50);
    await worker.stop();
    worker = await startWorker(options);
    await untilAsync(async () => {
      const { spent, reserved } = (await ledgerOf(worker, {})).budget.tokens;
      return spent === 50 && reserved === 0;
    }, "the lease is taken back");
  } finally {
    await worker.stop();
    await upstream.stop();
    await rm(persist, { recursive: true });
  }
});

test("a restart keeps budget, ledger and key", async () => {
  const persist = await mkdtemp(join(tmpdir(), "interlock-"));
  let worker = await startWorker({ persist });
  try {
    const answer = await ask(worker.base, { model: "drop" });
    await answer.text();
    await nodesOf(worker, answer.headers.get("x-interlock-stream"), {});
    const before = await ledgerOf(worker, {});
    const file = await (await read(worker, "/export", {})).arrayBuffer();
    await worker.stop();
    worker = await startWorker({ persist });
    assert.deepEqual(await ledgerOf(worker, {}), before);
    assert.deepEqual(await (await read(worker, "/export", {})).arrayBuffer(), file);
    await (await ask(worker.base, { model: "drop" })).text();
    await untilAsync(async () => (await ledgerOf(worker, {})).size === 4, "it goes on");
  } finally {
    await worker.stop();
    await rm(persist, { recursive: true });
  }
});

test("every halt is recorded before its ending", async () => {
  const worker = await startWorker();
  try {
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const model = ["drop", "drift", "agent-denied"][i % 3];
        const answer = await ask(worker.base, { model });
        const stream = answer.headers.get("x-interlock-stream");
        const decoder = new TextDecoder();
        let text = "";
        for await (const piece of answer.body) {
          text += decoder.decode(piece, { stream: true });
          if (!text.includes("content_filter")) continue;
          const { nodes } = await ledgerOf(worker, {}, `?stream=${stream}`);
          assert.ok(
            nodes.some(({ kind }) => kind === "session.halt"),
            model,
          );
          return;
        }
        assert.fail(`${model} was not halted`);
      }),
    );
  } finally {
    await worker.stop();
  }
});
