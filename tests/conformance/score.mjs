// The suite `score` on the npm package.

import { bits, bitsList, config, real, reals, step, valued } from "./text.mjs";

/** What comes of an input. */
export function run(entries, input) {
  const kinds = {
    scorer,
    signals,
    memory,
    index,
    trend,
    softmax,
    divergence,
    confidence,
    bidirectional,
    injection,
  };
  return valued(() => kinds[input.kind](entries, input));
}

function scorer({ interlock, signals }, { config: changes, facts = [], documents = [], steps }) {
  const options = { config: config(changes) };
  if (documents.length > 0) {
    options.knowledge = new signals.Bm25();
    for (const [id, text] of documents) options.knowledge.insert(id, text);
  } else {
    options.facts = facts.map(([key, value]) => ({ key, value }));
  }
  const scorer = new interlock.CoherenceScorer(options);
  const state = { review: undefined };
  const done = steps.map((value) => valued(() => scorerStep(scorer, state, ...step(value))));
  return { steps: done, history: scorer.history };
}

function signals({ signals }, { a, b }) {
  const { score, findings } = signals.sanitize(a);
  return {
    word_overlap: bits(signals.wordOverlap(a, b)),
    entity_overlap: bits(signals.entityOverlap(a, b)),
    numerical_consistency: signals.numericalConsistency(a, b) ?? null,
    negation_flip: signals.negationFlip(a, b),
    traceability: [bits(signals.traceability(a, b)), bits(signals.traceability(b, a))],
    lite_score: bits(signals.liteScore(a, b)),
    sanitizer: [bits(score), findings],
    suspicious_unicode: signals.hasSuspiciousUnicode(a),
  };
}

function memory({ interlock }, { facts, queries }) {
  const memory = new interlock.InMemoryKnowledge();
  const replaced = facts.map(([key, value]) => memory.insert(key, value));
  const contexts = queries.map((query) => memory.context(query) ?? null);
  return { replaced, size: memory.size, contexts };
}

function index({ signals }, { k1, b, context_size: contextSize, steps }) {
  const index = new signals.Bm25({ k1: real(k1), b: real(b), contextSize });
  const done = steps.map((value) => {
    const [name, what] = step(value);
    switch (name) {
      case "insert":
        return index.insert(...what);
      case "remove":
        return index.remove(what);
      case "search":
        return index.search(...what).map(({ id, score }) => [id, bits(score)]);
      case "context":
        return index.context(what) ?? null;
      default:
        throw new Error(`the step ${name} is not known`);
    }
  });
  return { steps: done, size: index.size };
}

function trend({ signals }, { values }) {
  return bits(signals.trendDrop(reals(values)));
}

function softmax({ signals }, { values, cols }) {
  return bitsList(signals.softmax(reals(values), cols));
}

function divergence({ signals }, { probs, cols, contradiction, neutral }) {
  return bitsList(signals.probsToDivergence(reals(probs), cols, contradiction, neutral));
}

function confidence({ signals }, { probs, cols }) {
  return bitsList(signals.probsToConfidence(reals(probs), cols));
}

function bidirectional({ signals }, { claims, intent, forward, reverse, baseline }) {
  return signals
    .bidirectionalDivergence(claims, intent, reals(forward), reals(reverse), real(baseline))
    .map((row) => bitsList([row.traceability, row.entityOverlap, row.calibrated]));
}

function injection({ signals }, input) {
  const columns = [input.calibrated, input.traceability, input.entity_overlap].map(reals);
  const claims = columns[0].map((calibrated, row) => ({
    calibrated,
    traceability: columns[1][row],
    entityOverlap: columns[2][row],
  }));
  const names = [
    "injectionThreshold",
    "driftThreshold",
    "injectionClaimThreshold",
    "traceabilityFloor",
    "stage1Weight",
  ];
  const settings = Object.fromEntries(reals(input.settings).map((value, at) => [names[at], value]));
  const report = signals.judgeInjection(claims, real(input.sanitizer), settings);
  return {
    claims: report.claims.map(({ verdict, confidence }) => `${verdict} ${bits(confidence)}`),
    risk: bits(report.risk),
    combined: bits(report.combined),
    detected: report.detected,
  };
}

function scoreText({ score, h_logical: logical, h_factual: factual, approved, warning }) {
  const parts = [score, logical, factual].map(bits).join(" ");
  return `${parts} ${approved ? "approved" : "refused"} ${warning ? "warning" : "-"}`;
}

function scorerStep(scorer, state, name, what) {
  switch (name) {
    case "review":
      return scoreText(scorer.reviewSync(...what));
    case "review-partial":
      return scoreText(scorer.reviewSync(...what, { partial: true }));
    case "divergence":
      return bits(scorer.computeDivergence(...what));
    case "coherence-threshold":
      scorer.setCoherenceThreshold(real(what));
      return null;
    case "soft-limit":
      scorer.setSoftLimit(real(what));
      return null;
    case "record": {
      const { review } = state;
      if (review === undefined) return { refused: "review" };
      state.review = undefined;
      return scoreText(scorer.record(review));
    }
    case "begin":
      state.review = scorer.beginReview(...what);
      break;
    case "begin-partial":
      state.review = scorer.beginReview(...what, { partial: true });
      break;
    default: {
      if (state.review === undefined) return { refused: "review" };
      if (name === "context") state.review.provideContext(what);
      else state.review.provideNli(real(what));
    }
  }
  const next = state.review.step();
  switch (next.need) {
    case "context":
      return ["context", next.query];
    case "nli":
      return ["nli", next.premise, next.hypothesis, next.partial];
    default:
      return ["done", scoreText(next.score)];
  }
}
