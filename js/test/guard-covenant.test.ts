import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CallbackError,
  type GuardOptions,
  type PolicyInput,
  type ReviewRequest,
  ReviewStateError,
  Session,
  type SessionDecision,
  type SessionRecord,
  guardResponse,
  guardStream,
  spentOf,
} from "interlock-wasm";
import { DONE, event, sleep, throws, through, utf8 } from "./support.js";

const POLICY: PolicyInput = {
  covenant: {
    permissions: [
      { capability: "tool-call", resource: "search" },
      { capability: "tool-call", resource: "delete" },
    ],
    gates: [
      {
        ...{ name: "deletes", capability: "tool-call", resource: "delete" },
        ...{ approvers: ["grace"], timeout_ms: 60_000 },
      },
    ],
    budgets: [
      { counter: "tokens", ceiling: 1_000 },
      { counter: "calls", ceiling: 5 },
    ],
  },
};

/** A stream that calls a tool, in two pieces. */
function calling(tool: string, args = '{"q":1}'): string {
  const call = (part: object) => event({ tool_calls: [{ index: 0, ...part }] });
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
  return [
    event({ role: "assistant", content: "I call." }),
    call({ id: "c1", type: "function", function: { name: tool, arguments: "" } }),
    call({ function: { arguments: args.slice(0, 3) } }),
    call({ function: { arguments: args.slice(3) } }),
    `data: ${JSON.stringify(finish)}\n\n`,
    DONE,
  ].join("");
}

const guarded = (stream: string, options: GuardOptions = {}) =>
  through(guardStream({ policy: POLICY, ...options }), stream);

test("a call inside the grant leaves whole, and is told before it does", async () => {
  const decisions: SessionDecision[] = [];
  const stream = calling("search");
  const { output, record } = await guarded(stream, {
    onDecision: (decision) => decisions.push(decision),
  });
  assert.equal(output, stream);
  assert.equal(record.covenant?.allowed, 1);
  assert.deepEqual(
    decisions.map(({ outcome }) => outcome),
    ["allow"],
  );
  assert.match(decisions[0]?.record ?? "", /"resource":"search","outcome":"allow"/);
  assert.deepEqual(spentOf(record), { tokens: 5, calls: 1 });
});

test("of a call outside the grant nothing leaves", async () => {
  const { output, record } = await guarded(calling("transfer"));
  assert.equal(record.halt?.reason, "denied");
  assert.ok(!output.includes("transfer") && !output.includes("c1"));
  assert.ok(output.includes("I call."));
});

test("a held call waits for its review", async () => {
  const asked: ReviewRequest[] = [];
  const review = async (approves: boolean) =>
    guarded(calling("delete"), {
      onReview: async (request, { signal }) => {
        asked.push(request);
        await sleep(5);
        assert.equal(signal.aborted, false);
        return { approver: "grace", approves };
      },
    });
  const approved = await review(true);
  assert.equal(approved.output, calling("delete"));
  assert.equal(approved.record.covenant?.reviewed, 1);
  const { tool, arguments: args, gate, approvals } = asked[0] ?? assert.fail();
  assert.deepEqual([tool, args, gate, approvals], ["delete", '{"q":1}', "deletes", 1]);
  const rejected = await review(false);
  assert.equal(rejected.record.halt?.reason, "denied");
  assert.ok(!rejected.output.includes("delete"));
});

test("nobody decides in time: the gate's fallback", async () => {
  const { covenant } = POLICY;
  const gates = covenant?.gates?.map((gate) => ({ ...gate, timeout_ms: 30 }));
  const policy: PolicyInput = { covenant: { ...covenant, gates } };
  const signals: AbortSignal[] = [];
  const { output, record } = await guarded(calling("delete"), {
    policy,
    onReview: (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  });
  assert.equal(record.halt?.reason, "review-pending");
  assert.ok(!output.includes("delete"));
  assert.equal(signals[0]?.aborted, true);
});

test("an answer for somebody who is not asked stops the stream", async () => {
  const guard = guardStream({
    policy: POLICY,
    onReview: () => ({ approver: "mallory", approves: true }),
  });
  await assert.rejects(through(guard, calling("delete")), (error) => {
    assert.ok(error instanceof CallbackError);
    assert.ok(error.cause instanceof ReviewStateError);
    return error.callback === "onReview";
  });
});

test("a stream spends no more than its lease, and no longer", async () => {
  const lease = { amounts: { tokens: 1n }, expiresAtMs: Date.now() + 60_000 };
  const spent = await guarded(calling("search"), { lease });
  assert.equal(spent.record.halt?.reason, "budget");
  assert.ok((spentOf(spent.record).tokens ?? 9) <= 1);

  const short = { amounts: { tokens: 500 }, expiresAtMs: Date.now() + 40 };
  const guard = guardStream({ policy: POLICY, lease: short });
  const writer = guard.writable.getWriter();
  void guard.readable.pipeTo(new WritableStream());
  void writer.write(utf8(event({ content: "Hello" }))).catch(() => undefined);
  const record = await guard.record;
  assert.equal(record.halt?.reason, "budget");
  throws(ArgumentError, () => guardStream({ lease }), { argument: "lease" });
  throws(ArgumentError, () => guardStream({ policy: POLICY, lease: {} as never }), {
    argument: "lease",
  });
});

test("a session by hand: reviews on a clock of its own", () => {
  using session = new Session(POLICY);
  session.advance(1_000);
  session.feed(utf8(calling("delete")));
  session.end();
  const request = session.nextReview() ?? assert.fail();
  assert.equal(session.nextReview(), undefined);
  assert.equal(session.nextDeadlineMs, 61_000);
  assert.equal(session.state, "ending");
  const answer = { approver: "mallory", approves: true };
  throws(ReviewStateError, () => {
    session.answerReview(request.review, answer, 2_000);
  });
  session.answerReview(request.review, { approver: "grace", approves: true }, 2_000);
  assert.equal(session.state, "completed");
  throws(ArgumentError, () => {
    session.advance(-1);
  });
});

test("an answer that comes too late: the fallback has applied", () => {
  using session = new Session(POLICY);
  session.advance(1_000);
  session.feed(utf8(calling("delete")));
  const { review } = session.nextReview() ?? assert.fail();
  throws(ReviewStateError, () => {
    session.answerReview(review, { approver: "grace", approves: true }, 61_000);
  });
  assert.equal(session.state, "halted");
  assert.equal(session.record().halt?.reason, "review-pending");
});

/** Answers in one piece that say something, search and delete: by path, with how each ends when a filter ended it. */
const documents: Record<string, (calls: string[], stop?: string) => object> = {
  "/chat/completions": (calls, stop = "tool_calls") => ({
    id: "c1",
    choices: [
      {
        index: 0,
        message: {
          content: stop === "tool_calls" ? "I call." : "I call. [stop]",
          tool_calls: calls.map((name) => ({
            ...{ id: `call-${name}`, type: "function" },
            function: { name, arguments: '{"q":1}' },
          })),
        },
        finish_reason: stop,
      },
    ],
    usage: { completion_tokens: 7 },
  }),
  "/responses": (calls, stop) => ({
    ...{ id: "r1", object: "response", status: stop === undefined ? "completed" : "incomplete" },
    incomplete_details: stop === undefined ? null : { reason: stop },
    output: [
      {
        ...{ id: "m1", type: "message", role: "assistant" },
        content: [{ type: "output_text", text: stop === undefined ? "I call." : "I call. [stop]" }],
      },
      ...calls.map((name) => ({
        ...{ type: "function_call", call_id: `call-${name}`, name, arguments: '{"q":1}' },
      })),
    ],
    usage: { output_tokens: 7 },
  }),
  "/messages": (calls, stop = "tool_use") => ({
    ...{ id: "m1", type: "message", role: "assistant" },
    content: [
      { type: "text", text: stop === "tool_use" ? "I call." : "I call. [stop]" },
      ...calls.map((name) => ({ type: "tool_use", id: `call-${name}`, name, input: { q: 1 } })),
    ],
    stop_reason: stop,
    usage: { output_tokens: 7 },
  }),
  ":generateContent": (calls, stop = "STOP") => ({
    candidates: [
      {
        content: {
          parts: [
            { text: stop === "STOP" ? "I call." : "I call. [stop]" },
            ...calls.map((name) => ({ functionCall: { name, args: { q: 1 } } })),
          ],
        },
        finishReason: stop,
      },
    ],
    usageMetadata: { candidatesTokenCount: 7 },
  }),
};

test("of an answer in one piece a denied call is cut out, and the rest is what it was", async () => {
  const stops = ["content_filter", "content_filter", "refusal", "SAFETY"];
  for (const [at, [path, document]] of Object.entries(documents).entries()) {
    const records: SessionRecord[] = [];
    const response = new Response(JSON.stringify(document(["search", "drop", "search"])), {
      headers: { "content-type": "application/json" },
    });
    const guarded = guardResponse(response, {
      policy: { ...POLICY, ending: { message: " [stop]" } },
      url: `https://api.test/v1${path}`,
      onEnd: (record) => records.push(record),
    });
    assert.equal(await guarded.text(), JSON.stringify(document(["search"], stops[at])), path);
    const { state, halt, covenant } = records[0] ?? {};
    assert.deepEqual([state, halt?.reason, covenant?.denied], ["halted", "denied", 1]);
    // What the upstream says it has written is what is paid for.
    assert.equal(covenant?.counters[0]?.spent, 7, path);
  }
});

test("of an answer in one piece nothing leaves before the last of its scores", async () => {
  const document = { choices: [{ index: 0, message: { content: "One. Two. Three." } }] };
  const response = new Response(JSON.stringify(document), {
    headers: { "content-type": "application/json" },
  });
  const guarded = guardResponse(response, {
    policy: { segments: { unit: "sentence" } },
    scorer: async ({ text }) => {
      await sleep(text.length);
      return 0.9;
    },
  });
  assert.deepEqual(await guarded.json(), document);
});
