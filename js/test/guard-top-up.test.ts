import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CallbackError,
  type LedgerEvent,
  type PolicyInput,
  Session,
  SessionEndedError,
  type SessionRecord,
  type StreamLease,
  type TopUpRequest,
  guardResponse,
  guardStream,
  guardText,
  spentOf,
} from "interlock-wasm";
import {
  Upstream,
  chat,
  drain,
  event,
  read,
  sleep,
  text,
  throws,
  through,
  utf8,
} from "./support.js";

const POLICY: PolicyInput = { covenant: { permissions: [], budgets: [] } };
const CAPPED: PolicyInput = { covenant: { budgets: [{ counter: "tokens", ceiling: 12 }] } };

const lease = (more: Partial<StreamLease> = {}): StreamLease => ({
  amounts: { tokens: 4 },
  expiresAtMs: Date.now() + 60_000,
  ...more,
});

/** Ten deltas of a token each. */
const WORDS = Array.from({ length: 10 }, (_, i) => `abc${i}`);

const tokensOf = ({ covenant }: SessionRecord) => covenant?.counters[0];

test("the end of a lease is waited for once, not anew with every read", async (t) => {
  const set = t.mock.method(globalThis, "setTimeout");
  const guard = guardStream({ policy: POLICY, lease: lease({ amounts: { tokens: 100 } }) });
  const { record } = await through(guard, ...chat(...WORDS).split(/(?<=\n\n)/));
  assert.equal(record.state, "completed");
  const waits = set.mock.calls.filter(({ arguments: [, ms] }) => Number(ms) > 30_000);
  assert.equal(waits.length, 1);
});

test("a lease that runs low is topped up while the stream goes on", async () => {
  const requests: TopUpRequest[] = [];
  const topUp = async (request: TopUpRequest) => {
    requests.push(request);
    await sleep(1);
    return { units: 4n };
  };
  const guard = guardStream({ policy: POLICY, lease: lease({ topUp }) });
  const { output, record } = await through(guard, ...chat(...WORDS).split(/(?<=\n\n)/));
  assert.equal(read(output).content, WORDS.join(""));
  assert.equal(record.state, "completed");
  assert.deepEqual(spentOf(record), { tokens: 10 });
  // Asked when nothing but a quarter of it, and so none of its four, was left, and never once per token.
  assert.ok(requests.length >= 2 && requests.length <= 3, String(requests.length));
  assert.equal(requests[0]?.counter, "tokens");
  assert.equal(tokensOf(record)?.ceiling, 4 + 4 * requests.length);
});

test("what cannot be paid for waits, and no more is read meanwhile", async () => {
  let grant: (units: number) => void = () => assert.fail("not asked");
  const topUp = () => new Promise<number>((resolve) => (grant = resolve));
  let pulled = 0;
  const parts = WORDS.map((content) => event({ content }));
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[pulled];
        pulled += 1;
        if (part === undefined) controller.close();
        else controller.enqueue(utf8(part));
      },
    },
    { highWaterMark: 0 },
  );
  const guard = guardStream({ policy: POLICY, lease: lease({ topUp, lowWater: { tokens: 0 } }) });
  const reader = body.pipeThrough(guard).getReader();
  let got = "";
  for (let i = 0; i < 4; i += 1) got += text((await reader.read()).value ?? new Uint8Array());
  assert.equal(read(got).content, WORDS.slice(0, 4).join(""));
  const held = reader.read();
  await sleep(20);
  assert.ok(pulled <= 6, `${pulled} were asked for`);
  const before = pulled;
  await sleep(20);
  assert.equal(pulled, before, "nothing more is asked for");
  grant(100);
  got += text((await held).value ?? new Uint8Array());
  for (let part; !(part = await reader.read()).done;) got += text(part.value);
  assert.equal(read(got).content, WORDS.join(""));
});

test("a refusal halts with what there was", async () => {
  for (const answer of [0, undefined, null, { units: 0 }]) {
    const topUp = () => answer;
    const events: LedgerEvent[] = [];
    const { output, record } = await through(
      guardStream({
        policy: POLICY,
        lease: lease({ topUp }),
        ledger: (it) => void events.push(it),
      }),
      ...chat(...WORDS).split(/(?<=\n\n)/),
    );
    assert.equal(record.halt?.reason, "budget");
    const { content, finish } = read(output);
    assert.ok(content.startsWith(WORDS.slice(0, 4).join("")) && !content.includes("abc4"), content);
    assert.equal(finish, "content_filter");
    assert.deepEqual(
      events.map(({ tag }) => tag),
      ["budget", "halted"],
    );
  }
});

test("without a function there is no more than the lease", async () => {
  const { record } = await through(guardStream({ policy: POLICY, lease: lease() }), chat(...WORDS));
  assert.deepEqual([record.halt?.reason, tokensOf(record)?.ceiling], ["budget", 4]);
  // A policy that says that there is more does not mean that somebody is there to give it.
  const budgets = [{ counter: "tokens", ceiling: 50, lease: 4, low_water: 2 }];
  const options = { policy: { covenant: { budgets } } };
  const alone = await through(guardStream(options), chat(...WORDS));
  assert.equal(alone.record.halt?.reason, "budget");
  const whole = await guardText(WORDS.join(""), options);
  assert.equal(whole.record.halt?.reason, "budget");
  assert.ok(whole.text.startsWith(WORDS.slice(0, 4).join("")));
});

test("the policy's ceiling holds for all of it", async () => {
  const asked: number[] = [];
  const topUp = ({ most }: TopUpRequest) => {
    asked.push(most);
    return 1_000;
  };
  const long = chat(...WORDS, ...WORDS);
  const { record } = await through(guardStream({ policy: CAPPED, lease: lease({ topUp }) }), long);
  assert.deepEqual([record.halt?.reason, tokensOf(record)?.ceiling], ["budget", 12]);
  assert.deepEqual(asked, [8]);
});

test("a lease that is topped up may end later", async () => {
  const until = Date.now() + 80;
  const topUp = () => ({ units: 100, expiresAtMs: until + 60_000 });
  const upstream = new Upstream(chat(...WORDS).split(/(?<=\n\n)/));
  const guard = guardStream({ policy: POLICY, lease: lease({ topUp, expiresAtMs: until }) });
  const reader = upstream.stream.pipeThrough(guard).getReader();
  for (let i = 0; i < 6; i += 1) await reader.read();
  await sleep(120);
  while (!(await reader.read()).done);
  assert.equal((await guard.record).state, "completed");
});

test("a function that fails stops the stream, and bad answers are its fault", async () => {
  const cause = new Error("unreachable");
  for (const topUp of [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
    () => -1,
    () => 0.5,
    () => ({ units: Number.NaN }),
    () => "many" as unknown as number,
  ]) {
    const guard = guardStream({ policy: POLICY, lease: lease({ topUp }) });
    await assert.rejects(through(guard, chat(...WORDS)), (error) => {
      assert.ok(error instanceof CallbackError);
      return error.callback === "lease.topUp";
    });
    assert.equal((await guard.record).halt?.reason, "emergency-stop");
  }
  const notOne = { topUp: "no" } as never;
  throws(ArgumentError, () => guardStream({ policy: POLICY, lease: lease(notOne) }), {
    argument: "lease.topUp",
  });
});

test("an answer that comes when the stream is over changes nothing", async () => {
  let grant: (units: number) => void = () => undefined;
  let aborted = false;
  const guard = guardStream({
    policy: POLICY,
    lease: lease({
      topUp: (_, { signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise<number>((resolve) => (grant = resolve));
      },
    }),
  });
  const reader = new Upstream([event({ content: "abcdabcdabcdabcd" })], { close: false }).stream
    .pipeThrough(guard)
    .getReader();
  await reader.read();
  await reader.cancel();
  const record = await guard.record;
  grant(50);
  await sleep(1);
  assert.ok(aborted);
  assert.deepEqual([record.state, tokensOf(record)?.ceiling], ["open", 4]);
});

test("a session by hand", () => {
  const budgets = [{ counter: "tokens", ceiling: 100, lease: 1, low_water: 1 }];
  using session = new Session({ covenant: { budgets } }, "text");
  assert.equal(session.nextTopUp(), undefined);
  session.feed(utf8("abcdefgh"));
  assert.equal(text(session.takeOutput()), "abcd");
  assert.ok(session.awaitsTopUp);
  assert.deepEqual(session.nextTopUp(), { counter: "tokens", missing: 1, free: 0, most: 99 });
  assert.equal(session.nextTopUp(), undefined);
  for (const [counter, units] of [
    ["calls", 1],
    ["tokens", -1],
    ["tokens", 0.5],
    ["tokens", Number.NaN],
  ] as const) {
    throws(ArgumentError, () => {
      session.topUp(counter, units);
    });
  }
  session.topUp("tokens", 1);
  assert.deepEqual([text(session.takeOutput()), session.awaitsTopUp], ["efgh", false]);
  session.topUp("tokens", 0);
  session.feed(utf8("i"));
  assert.equal(session.state, "halted");
  throws(SessionEndedError, () => {
    session.topUp("tokens", 1);
  });
});

test("a client that leaves has abandoned the stream, and stopped nothing", async () => {
  const respond = (upstream: Upstream) =>
    new Response(upstream.stream, { headers: { "content-type": "text/event-stream" } });
  for (const early of [false, true]) {
    const client = new AbortController();
    const events: LedgerEvent[] = [];
    const ends: SessionRecord[] = [];
    if (early) client.abort();
    const upstream = new Upstream([event({ content: "a" })], { close: false });
    const guarded = guardResponse(respond(upstream), {
      clientSignal: client.signal,
      ledger: (it) => void events.push(it),
      onEnd: (record) => ends.push(record),
    });
    const reader = (guarded.body ?? assert.fail()).getReader();
    if (!early) await reader.read();
    client.abort();
    await assert.rejects(reader.read());
    await sleep(1);
    assert.deepEqual(
      events.map(({ kind, tag }) => `${kind} ${tag}`),
      ["session.end abandoned"],
    );
    assert.deepEqual([ends.length, ends[0]?.state, ends[0]?.halt], [1, "open", null]);
    assert.equal(upstream.cancelled.length, 1);
  }
  throws(ArgumentError, () => guardStream({ clientSignal: {} as never }), {
    argument: "clientSignal",
  });
  // After the end it is nothing to the stream.
  const client = new AbortController();
  const { record } = await through(guardStream({ clientSignal: client.signal }), chat("a"));
  client.abort();
  assert.equal(record.state, "completed");
});

test("of a guarded body the same is true", async () => {
  const topUp = () => Promise.resolve(100);
  const upstream = new Upstream(chat(...WORDS).split(/(?<=\n\n)/));
  const headers = { "content-type": "text/event-stream" };
  const response = guardResponse(new Response(upstream.stream, { headers }), {
    policy: POLICY,
    lease: lease({ topUp, lowWater: { tokens: 0 } }),
  });
  assert.equal(read(await drain(response.body ?? assert.fail())).content, WORDS.join(""));
});
