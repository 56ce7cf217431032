import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CoherenceScorer,
  ConfigError,
  FreedError,
  InMemoryKnowledge,
  ReviewStateError,
} from "interlock-wasm";
import { sleep, throws } from "./support.js";

const facts = [
  { key: "tower height", value: "The tower is 330 metres tall and was finished in 1889." },
];
const prompt = "Tell me about the tower.";

test("the built-in sources", async () => {
  using scorer = new CoherenceScorer({ facts });
  const good = await scorer.review(prompt, "The tower was finished in 1889.");
  const bad = scorer.reviewSync(prompt, "The tower was finished in 1925.");
  assert.ok(good.approved && good.score > 0.8, JSON.stringify(good));
  assert.ok(!bad.approved && bad.score < 0.2, JSON.stringify(bad));
  assert.deepEqual(Object.keys(good), ["score", "h_logical", "h_factual", "approved", "warning"]);
  assert.deepEqual(scorer.history, ["The tower was finished in 1889."]);
  const partial = scorer.reviewSync(prompt, "The tower was finished in 18", { partial: true });
  assert.ok(partial.approved);
  assert.equal(scorer.history.length, 1, "an unfinished text is not remembered");
  assert.ok(scorer.computeDivergence(prompt, "The tower was finished in 1925.") > 0.8);
});

test("the history forgets the oldest", () => {
  using scorer = new CoherenceScorer({ config: { history_window: 2 } });
  for (const text of ["One.", "Two.", "Three."]) scorer.reviewSync("Count.", text);
  assert.deepEqual(scorer.history, ["Two.", "Three."]);
});

test("sources of one's own, at once or in time", async () => {
  const asked: unknown[] = [];
  using scorer = new CoherenceScorer({
    knowledge: {
      context: async (query) => {
        await sleep(1);
        asked.push(query);
        return "The tower was finished in 1889.";
      },
    },
    nli: async (premise, hypothesis, partial) => {
      await sleep(1);
      asked.push([premise, hypothesis, partial]);
      return 0.25;
    },
  });
  const { h_logical } = await scorer.review(prompt, "It was finished in 1889.", { partial: true });
  assert.equal(h_logical, 0.25);
  assert.deepEqual(asked, [
    `${prompt}\nIt was finished in 1889.`,
    [`${prompt}\nThe tower was finished in 1889.`, "It was finished in 1889.", true],
  ]);
  throws(ArgumentError, () => scorer.reviewSync(prompt, "x"), { argument: "knowledge" });

  using half = new CoherenceScorer({ facts, nli: () => 1 });
  assert.equal(half.reviewSync(prompt, "The tower was finished in 1889.").h_logical, 1);
  using other = new CoherenceScorer({
    knowledge: new InMemoryKnowledge({ tower: "finished in 1889" }),
  });
  assert.ok(other.reviewSync(prompt, "The tower was finished in 1925.").h_factual > 0.5);
});

test("equal answers give equal scores, whoever asks", () => {
  using scorer = new CoherenceScorer({ facts });
  using stepped = new CoherenceScorer({
    facts,
    knowledge: { context: (query) => memory.context(query) },
  });
  using memory = new InMemoryKnowledge(facts.map(({ key, value }) => [key, value] as const));
  for (const text of [
    "The tower is 330 metres tall.",
    "It is 30 metres tall.",
    "Bread needs flour.",
    "",
  ]) {
    assert.deepEqual(stepped.reviewSync(prompt, text), scorer.reviewSync(prompt, text));
  }
});

test("what a source throws is what the review rejects with, and nothing is recorded", async () => {
  const error = new Error("model down");
  using scorer = new CoherenceScorer({
    nli: () => {
      throw error;
    },
  });
  await assert.rejects(scorer.review(prompt, "x"), error);
  assert.deepEqual(scorer.history, []);
  using odd = new CoherenceScorer({ nli: () => "0.1" as never });
  assert.equal(odd.reviewSync(prompt, "x").h_logical, 0.5, "an answer that is no number is none");
});

test("reviews step by step", () => {
  using scorer = new CoherenceScorer();
  using review = scorer.beginReview("What colour is the sky?", "The sky is blue.");
  assert.deepEqual(review.step(), {
    need: "context",
    query: "What colour is the sky?\nThe sky is blue.",
  });
  throws(
    ReviewStateError,
    () => {
      review.provideNli(0.1);
    },
    { code: "review-state" },
  );
  throws(ReviewStateError, () => scorer.record(review));
  review.provideContext("The sky is blue by day.");
  const step = review.step();
  assert.equal(
    step.need === "nli" && step.premise,
    "What colour is the sky?\nThe sky is blue by day.",
  );
  throws(ArgumentError, () => {
    review.provideNli("0.1" as never);
  });
  review.provideNli(0.05);
  const done = review.step();
  assert.ok(done.need === "nothing" && done.score.approved);
  assert.deepEqual(scorer.record(review), done.score);
  throws(ReviewStateError, () => scorer.record(review));
  assert.deepEqual(scorer.history, ["The sky is blue."]);
  review.free();
  throws(FreedError, () => review.step());
});

test("what is refused", () => {
  throws(ConfigError, () => new CoherenceScorer({ config: { w_logic: 0.9 } }), {
    field: "w_logic",
  });
  throws(ArgumentError, () => new CoherenceScorer({ nli: 0.5 as never }), { argument: "nli" });
  throws(ArgumentError, () => new CoherenceScorer({ knowledge: (() => "") as never }), {
    argument: "knowledge",
  });
  throws(ArgumentError, () => new CoherenceScorer({ facts: [{ key: "a", value: 1 as never }] }));
  using scorer = new CoherenceScorer();
  throws(ArgumentError, () => scorer.reviewSync("a", "\udfff"), { argument: "text" });
  throws(
    ArgumentError,
    () => {
      scorer.setCoherenceThreshold(1.5);
    },
    { argument: "coherence_threshold", value: 1.5 },
  );
  throws(
    ArgumentError,
    () => {
      scorer.setSoftLimit(NaN);
    },
    { argument: "soft_limit" },
  );
  scorer.setCoherenceThreshold(1);
  assert.equal(scorer.reviewSync(prompt, "Anything.").approved, false);
});
