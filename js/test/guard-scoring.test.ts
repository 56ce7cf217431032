import assert from "node:assert/strict";
import { test } from "node:test";
import { type GuardOptions, guardStream } from "interlock-wasm";
import { DONE, chat, event, read, sleep, through } from "./support.js";

test("scores are asked for several at a time, and applied in the order of the text", async () => {
  let out = 0;
  let most = 0;
  const order: number[] = [];
  const guard = guardStream({
    maxInFlight: 3,
    policy: { halt: { deadline_ms: 5000 } },
    scorer: async ({ id }) => {
      out += 1;
      most = Math.max(most, out);
      await sleep(12 - id);
      out -= 1;
      return 0.9;
    },
    onVerdict: ({ segment }) => order.push(segment),
  });
  const deltas = Array.from({ length: 10 }, (_, index) => `d${index}`);
  const { output, record } = await through(guard, chat(...deltas));
  assert.equal(record.state, "completed");
  assert.equal(output, chat(...deltas));
  assert.equal(most, 3);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test("a scorer that misses its deadline: halt, its signal aborted, its answer ignored", async () => {
  let aborted = false;
  const guard = guardStream({
    policy: { halt: { deadline_ms: 15 } },
    scorer: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          resolve(0.9);
        });
      }),
  });
  const { output, record } = await through(guard, chat("slow"));
  assert.equal(record.halt?.reason, "deadline");
  assert.equal(record.halt.bound, 15);
  assert.ok((record.halt.observed ?? 0) >= 14);
  assert.ok(aborted);
  assert.ok(!output.includes("slow"));
});

test("missing_score skip lets late text pass with a warning", async () => {
  const kinds: string[] = [];
  const guard = guardStream({
    policy: { halt: { deadline_ms: 5, missing_score: "skip" } },
    scorer: () => new Promise(() => undefined),
    onVerdict: ({ verdict, score }) => {
      if (verdict.outcome === "warn") kinds.push(verdict.kind);
      assert.equal(score, undefined);
    },
  });
  const { output } = await through(guard, chat("late"));
  assert.equal(output, chat("late"));
  assert.deepEqual(kinds, ["missing-score"]);
});

test("a deadline beyond the longest timer is none that is over at once", async () => {
  const guard = guardStream({
    policy: { halt: { deadline_ms: 4_294_967_295 } },
    scorer: () => sleep(5).then(() => 0.9),
  });
  assert.equal((await through(guard, chat("a"))).record.state, "completed");
});

test("a scorer that fails has given no score", async () => {
  const failing: GuardOptions["scorer"][] = [
    () => NaN,
    () => "0.9" as never,
    () => undefined as never,
    () => ({ score: "0.9" }) as never,
    () => ({ score: 0.9, logitEntropy: "x" }) as never,
    () => {
      throw new Error("broken");
    },
    () => Promise.reject(new Error("broken")),
    () => Promise.resolve(null as never),
  ];
  for (const scorer of failing) {
    const { record, output } = await through(guardStream({ scorer }), chat("text"));
    assert.equal(record.halt?.reason, "non-finite-score");
    assert.ok(!read(output).content.includes("text"));
  }
});

test("an answer's entropy is judged", async () => {
  const { record } = await through(
    guardStream({
      policy: { halt: { logit_entropy_limit: 1 } },
      scorer: () => ({ score: 0.9, logitEntropy: 2 }),
    }),
    chat("a"),
  );
  assert.equal(record.halt?.reason, "logit-entropy");
});

test("the context: text so far of the channel", async () => {
  const seen: string[] = [];
  const guard = guardStream({
    scorer: (_, context) => {
      seen.push(context.soFar);
      return 0.9;
    },
  });
  const chunks = [
    event({ content: "a" }),
    event({ reasoning_content: "R" }),
    event({ content: "b" }),
  ];
  await through(guard, ...chunks, DONE);
  assert.deepEqual(seen, ["a", "R", "ab"]);

  const lengths: number[] = [];
  const bounded = guardStream({
    scorer: (...args) => {
      lengths.push(args[1].soFar.length);
      return 0.9;
    },
  });
  const long = "x".repeat(30_000);
  await through(bounded, chat(...Array.from({ length: 8 }, () => long)));
  assert.deepEqual(lengths.slice(0, 4), [30_000, 60_000, 65_536, 65_536]);
  assert.ok(lengths.every((length) => length <= 65_536));
});

test("the built-in scorer needs no scorer", async () => {
  const guard = guardStream({
    policy: {
      scorer: {
        kind: "builtin",
        prompt: "Tell me about the tower.",
        facts: [{ key: "tower", value: "The tower was finished in 1889." }],
      },
      segments: { unit: "sentence" },
    },
  });
  const { record, output } = await through(
    guard,
    chat("The tower was finished in 1889. ", "The tower was finished in 1925. ", "The end."),
  );
  assert.equal(record.state, "halted");
  assert.ok(read(output).content.startsWith("The tower was finished in 1889."));
  assert.ok(!output.includes("1925"));
});
