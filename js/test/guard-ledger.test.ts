import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CallbackError,
  type LedgerEvent,
  Session,
  guardResponse,
  guardStream,
  guardText,
} from "interlock-wasm";
import {
  Upstream,
  chat,
  drain,
  event,
  read,
  score,
  sleep,
  text,
  through,
  utf8,
} from "./support.js";

const kinds = (events: readonly LedgerEvent[]) => events.map(({ kind, tag }) => `${kind} ${tag}`);
const payload = (event: LedgerEvent | undefined) =>
  JSON.parse(text(event?.payload ?? new Uint8Array())) as Record<string, unknown>;

const covenant = {
  grant: "support",
  version: 2,
  permissions: [{ resource: "search" }],
  budgets: [{ counter: "tokens", ceiling: 100 }],
};
const calls = (...names: string[]) =>
  names
    .map((name, index) =>
      event({
        tool_calls: [{ index, id: "c", type: "function", function: { name, arguments: "{}" } }],
      }),
    )
    .join("");

test("a stream leaves its summary, and no text", async () => {
  const events: LedgerEvent[] = [];
  const ledger = (it: LedgerEvent) => events.push(it);
  await through(guardStream({ scorer: score, ledger }), chat("good", " better"));
  assert.deepEqual(kinds(events), ["session.end completed"]);
  const { state, segments } = payload(events[0]);
  assert.deepEqual({ state, segments }, { state: "completed", segments: 2 });
  assert.ok(!JSON.stringify(payload(events[0])).includes("better"));
});

test("decisions, the halt and the end come in order, with the grant and its version", async () => {
  const events: LedgerEvent[] = [];
  const stream = event({ content: "good" }) + calls("search", "delete") + chat();
  const guard = guardStream({ policy: { covenant }, ledger: (it) => void events.push(it) });
  const { output, record } = await through(guard, stream);
  assert.deepEqual(kinds(events), [
    "covenant.decision allow",
    "covenant.decision deny",
    "session.halt denied",
    "session.end halted",
  ]);
  for (const it of events) assert.equal(payload(it).version, 2);
  assert.ok(!output.includes("delete"));
  assert.equal(record.covenant?.denied, 1);
});

for (const [name, guarded] of [
  [
    "guardStream",
    (body: ReadableStream<Uint8Array>, options: object) => body.pipeThrough(guardStream(options)),
  ],
  [
    "guardResponse",
    (body: ReadableStream<Uint8Array>, options: object) =>
      guardResponse(
        new Response(body, { headers: { "content-type": "text/event-stream" } }),
        options,
      ).body ?? assert.fail(),
  ],
] as const) {
  test(`${name}: the ending waits until the halt has been recorded`, async () => {
    const upstream = new Upstream([event({ content: "good" }), event({ content: "bad" })], {
      close: false,
    });
    let recorded!: () => void;
    const asked: string[] = [];
    const ledger = ({ kind }: LedgerEvent) => {
      asked.push(kind);
      return kind === "session.halt"
        ? new Promise<void>((resolve) => (recorded = resolve))
        : undefined;
    };
    let output = "";
    const reading = (async () => {
      for await (const bytes of guarded(upstream.stream, { scorer: score, ledger }))
        output += text(bytes);
    })();
    await sleep(30);
    assert.deepEqual(asked, ["session.halt", "session.end"]);
    assert.equal(output, event({ content: "good" }));
    recorded();
    await reading;
    assert.equal(read(output).finish, "content_filter");
    await sleep(5);
    assert.equal(upstream.cancelled.length, 1);
  });

  test(`${name}: a halt that cannot be recorded breaks the stream off without an ending`, async () => {
    for (const fail of [
      () => Promise.reject(new Error("disk full")),
      () => {
        throw new Error("disk full");
      },
    ]) {
      const upstream = new Upstream([event({ content: "bad" })], { close: false });
      const ledger = ({ kind }: LedgerEvent) => (kind === "session.halt" ? fail() : undefined);
      await assert.rejects(drain(guarded(upstream.stream, { scorer: score, ledger })), (error) => {
        assert.ok(error instanceof CallbackError);
        assert.equal(error.callback, "ledger");
        return true;
      });
      await sleep(5);
      assert.equal(upstream.cancelled.length, 1);
    }
  });
}

test("a client that leaves is in the ledger, also while its halt is being recorded", async () => {
  const events: LedgerEvent[] = [];
  const upstream = new Upstream([event({ content: "good" })], { close: false });
  const guard = guardStream({ scorer: score, ledger: (it) => void events.push(it) });
  const reader = upstream.stream.pipeThrough(guard).getReader();
  await reader.read();
  await reader.cancel();
  assert.deepEqual(kinds(events), ["session.end abandoned"]);

  const halting = new Upstream([event({ content: "bad" })], { close: false });
  let recorded!: () => void;
  const ledger = ({ kind }: LedgerEvent) =>
    kind === "session.halt" ? new Promise<void>((resolve) => (recorded = resolve)) : undefined;
  const other = guardStream({ scorer: score, ledger });
  const stream = halting.stream.pipeThrough(other);
  await sleep(20);
  await stream.cancel();
  recorded();
  assert.equal((await other.record).state, "halted");
  await sleep(20);
});

test("observed, nothing waits for the ledger", async () => {
  const events: LedgerEvent[] = [];
  const ledger = (it: LedgerEvent) => {
    events.push(it);
    return new Promise(() => undefined);
  };
  const stream = chat("good", "bad", "good");
  const { output } = await through(
    guardStream({ policy: { mode: "observe" }, scorer: score, ledger }),
    stream,
  );
  assert.equal(output, stream);
  assert.deepEqual(kinds(events), ["session.halt hard-limit", "session.end completed"]);
});

test("a callback that throws is in the ledger as an emergency stop", async () => {
  const events: LedgerEvent[] = [];
  const guard = guardStream({
    scorer: score,
    onVerdict: () => {
      throw new Error("mine");
    },
    ledger: (it) => void events.push(it),
  });
  await assert.rejects(through(guard, chat("good")));
  assert.deepEqual(kinds(events), ["session.halt emergency-stop", "session.end halted"]);
});

test("a text and a session tell the ledger, too", async () => {
  const events: LedgerEvent[] = [];
  await guardText("bad", { scorer: score, ledger: (it) => void events.push(it) });
  assert.deepEqual(kinds(events), ["session.halt hard-limit", "session.end halted"]);

  const session = new Session({ scorer: { kind: "host" } }, "text");
  session.feed(utf8("good"));
  assert.equal(session.nextLedgerEvent(), undefined);
  session.abandon();
  assert.deepEqual(kinds([session.nextLedgerEvent()].filter((it) => it !== undefined)), [
    "session.end abandoned",
  ]);
  assert.equal(session.nextLedgerEvent(), undefined);
  session.free();
});
