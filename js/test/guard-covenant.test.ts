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
