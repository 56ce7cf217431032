// Replays fixtures on the npm package: the same inputs, results and digests as `interlock replay`.
//
// Only the package's public API and what every host has are used, so the file runs unchanged in Node, browsers and
// Workers. A result is written as host/src/replay writes it; where the two disagree, one of the hosts is wrong.

const FORMAT = "interlock-fixture/1";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const cell = new DataView(new ArrayBuffer(8));

/** Replays `[{ name, fixture }]` on the package given as its namespace object. */
export async function replay(interlock, files) {
  const host = new Host(interlock);
  const suites = {};
  const failures = [];
  for (const { name: file, fixture } of files) {
    if (fixture.format !== FORMAT)
      throw new Error(`${file}: the format ${fixture.format} is not known`);
    const run = host.suites[fixture.suite];
    if (run === undefined) throw new Error(`${file}: the suite ${fixture.suite} is not known`);
    const suite = (suites[fixture.suite] ??= { lines: [], cases: 0, holds: 0 });
    for (const { name, input, expect } of fixture.cases) {
      const got = canonical(await run(input));
      suite.lines.push(`${name}\t${got}\n`);
      suite.cases += 1;
      if (got === canonical(expect)) suite.holds += 1;
      else failures.push({ file, case: name, expected: canonical(expect), got });
    }
  }
  for (const suite of Object.values(suites)) {
    suite.digest = await digest(suite.lines.join(""));
    delete suite.lines;
  }
  return { suites, failures };
}

async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  return hexOf(new Uint8Array(hash));
}

/** JSON with sorted keys and no spaces. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

// Numbers and small records as texts, as in host/src/replay/text.rs.

function bits(value) {
  if (Number.isNaN(value)) return "7ff8000000000000";
  cell.setFloat64(0, value);
  return cell.getBigUint64(0).toString(16).padStart(16, "0");
}

const optionalBits = (value) => (value === undefined || value === null ? "-" : bits(value));

function real(text) {
  cell.setBigUint64(0, BigInt(`0x${text}`));
  return cell.getFloat64(0);
}

const optionalReal = (text) => (text === "-" ? undefined : real(text));
const words = (text) => text.split(" ").filter((word) => word !== "");
const reals = (text) => words(text).map(real);

function observation(text) {
  const [score, elapsedMs, logitEntropy] = words(text).map(optionalReal);
  return { score, elapsedMs, logitEntropy };
}

function haltInput(text) {
  const [reason, observed, bound] = words(text);
  return { reason, observed: optionalReal(observed), bound: optionalReal(bound) };
}

const measured = ({ observed, bound }) => `${optionalBits(observed)} ${optionalBits(bound)}`;
const haltText = (halt) => `${halt.reason} ${measured(halt)}`;
const optionalHalt = (halt) => (halt === undefined || halt === null ? "-" : haltText(halt));

function verdictText(verdict) {
  switch (verdict.outcome) {
    case "pass":
      return "pass";
    case "warn":
      return `warn ${verdict.kind} ${measured(verdict)}`;
    default:
      return `halt ${haltText(verdict)}`;
  }
}

function summaryText(summary) {
  const { tokens, scores, warnings, average, minimum, halt_index: index, halt } = summary;
  const counts = `${tokens} ${scores} ${warnings} ${bits(average)} ${bits(minimum)}`;
  return `${counts} ${index ?? "-"} ${optionalHalt(halt)}`;
}

const batchText = ({ consumed, warnings, halt }) => `${consumed} ${warnings} ${optionalHalt(halt)}`;

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOfHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The one member of an externally tagged value: `{"push": …}`, or `"finish"`. */
function step(value) {
  return typeof value === "string" ? [value, undefined] : Object.entries(value)[0];
}

/** Fields of a configuration, in the form of the package. */
function config(changes) {
  const isCount = (value) => typeof value === "number";
  const entry = ([field, value]) => [
    field,
    field === "missing_score" || isCount(value) ? value : real(value),
  ];
  return Object.fromEntries(Object.entries(changes).map(entry));
}

/** Calls `work` once an item, up to the first refusal, and joins what comes of it. */
function each(items, work) {
  const said = [];
  for (const item of items) {
    const answer = spoken(() => work(item));
    said.push(answer);
    if (answer.startsWith("refused ")) break;
  }
  return said.join("; ");
}

/** What a call gives as text, or how it was refused. */
function spoken(work) {
  try {
    return work();
  } catch (error) {
    return `refused ${refusal(error)}`;
  }
}

/** What a call gives, or how it was refused, as a value. */
function valued(work) {
  try {
    return work();
  } catch (error) {
    return { refused: refusal(error) };
  }
}

/** The canonical text of an error of the package: its kind and what identifies it. */
function refusal(error) {
  switch (error?.code) {
    case "config":
      return `config ${error.field}`;
    case "policy":
      // Up to a list: not every reader of a policy counts the items.
      return `policy ${error.path.split("[")[0]}`;
    case "argument":
      return "input";
    case "stream-ended":
    case "session-ended":
      return `ended ${error.state}`;
    case "unknown-segment":
      return `unknown-segment ${error.segment}`;
    case "kernel-state":
      return `kernel ${error.state === "idle" ? "not-streaming" : error.state}`;
    case "review-state":
      return "review";
    default:
      throw error;
  }
}

/** The suites on one copy of the package. */
class Host {
  constructor(interlock) {
    this.interlock = interlock;
    this.suites = {
      halt: (input) => valued(() => this[`halt-${input.kind}`](input)),
      score: (input) => valued(() => this[`score-${input.kind}`](input)),
      session: async (input) => {
        try {
          return await this[`session-${input.kind}`](input);
        } catch (error) {
          return { refused: refusal(error) };
        }
      },
    };
  }

  // Suite `halt`.

  "halt-monitor"({ config: changes, steps }) {
    const monitor = new this.interlock.StreamMonitor(config(changes));
    const done = steps.map((value) => {
      const [name, what] = step(value);
      switch (name) {
        case "push":
          return each(reals(what), (score) => verdictText(monitor.push(score)));
        case "observe":
          return each(what, (seen) => verdictText(monitor.pushObservation(observation(seen))));
        case "batch":
          return spoken(() => batchText(monitor.pushMany(Float64Array.from(reals(what)))));
        case "fill":
          return spoken(() =>
            batchText(monitor.pushMany(new Float64Array(what[0]).fill(real(what[1])))),
          );
        case "stop":
          return spoken(() => verdictText(monitor.stop(haltInput(what))));
        case "finish":
          return spoken(() => summaryText(monitor.finish()));
        default:
          throw new Error(`the step ${name} is not known`);
      }
    });
    return { steps: done, state: monitor.state, summary: summaryText(monitor.summary()) };
  }

  "halt-kernel"({ config: changes, steps }) {
    const { StreamingKernel, outputOf } = this.interlock;
    const kernel = new StreamingKernel(config(changes));
    const recorded = (record) => ({
      tokens: record.tokens.map(({ text, score, verdict }) => [
        text,
        optionalBits(score),
        verdictText(verdict),
      ]),
      output: outputOf(record),
      summary: summaryText(record.summary),
    });
    const done = steps.map((value) => {
      const [name, what] = step(value);
      const answer = valued(() => {
        switch (name) {
          case "begin":
            kernel.begin();
            return null;
          case "push":
            return verdictText(kernel.push(what[0], observation(what[1])));
          case "end":
            return recorded(kernel.end());
          case "run":
            return recorded(kernel.run(...scored(what)));
          case "emergency-stop":
            kernel.emergencyStop();
            return null;
          case "reactivate":
            kernel.reactivate();
            return null;
          default:
            throw new Error(`the step ${name} is not known`);
        }
      });
      return [answer, kernel.state, kernel.isActive ? "active" : "inactive"];
    });
    return { steps: done };
  }

  "halt-safety"({ hard_limit: limit, steps }) {
    const kernel = new this.interlock.SafetyKernel(real(limit));
    const done = steps.map((value) => {
      const [name, what] = step(value);
      let answer = null;
      if (name === "run") {
        const outcome = kernel.run(...scored(what));
        answer =
          outcome.outcome === "passed"
            ? { passed: outcome.text }
            : { interrupted: `${outcome.index} ${haltText(outcome.halt)}` };
      } else if (name === "emergency-stop") kernel.emergencyStop();
      else kernel.reactivate();
      return [answer, kernel.isActive ? "active" : "inactive"];
    });
    return { steps: done };
  }

  "halt-entropy"({ log_probabilities: list }) {
    try {
      return bits(this.interlock.logitEntropy(reals(list)));
    } catch (error) {
      refusal(error);
      return { refused: "entropy" };
    }
  }

  // Suite `score`.

  "score-scorer"({ config: changes, facts = [], documents = [], steps }) {
    const { Bm25, CoherenceScorer } = this.interlock;
    const options = { config: config(changes) };
    if (documents.length > 0) {
      options.knowledge = new Bm25();
      for (const [id, text] of documents) options.knowledge.insert(id, text);
    } else {
      options.facts = facts.map(([key, value]) => ({ key, value }));
    }
    const scorer = new CoherenceScorer(options);
    const state = { review: undefined };
    const done = steps.map((value) => valued(() => scorerStep(scorer, state, ...step(value))));
    return { steps: done, history: scorer.history };
  }

  "score-signals"({ a, b }) {
    const signals = this.interlock;
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

  "score-memory"({ facts, queries }) {
    const memory = new this.interlock.InMemoryKnowledge();
    const replaced = facts.map(([key, value]) => memory.insert(key, value));
    const contexts = queries.map((query) => memory.context(query) ?? null);
    return { replaced, size: memory.size, contexts };
  }

  "score-index"({ k1, b, context_size: contextSize, steps }) {
    const index = new this.interlock.Bm25({ k1: real(k1), b: real(b), contextSize });
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

  "score-trend"({ values }) {
    return bits(this.interlock.trendDrop(reals(values)));
  }

  "score-softmax"({ values, cols }) {
    return bitsList(this.interlock.softmax(reals(values), cols));
  }

  "score-divergence"({ probs, cols, contradiction, neutral }) {
    return bitsList(this.interlock.probsToDivergence(reals(probs), cols, contradiction, neutral));
  }

  "score-confidence"({ probs, cols }) {
    return bitsList(this.interlock.probsToConfidence(reals(probs), cols));
  }

  "score-bidirectional"({ claims, intent, forward, reverse, baseline }) {
    return this.interlock
      .bidirectionalDivergence(claims, intent, reals(forward), reals(reverse), real(baseline))
      .map((row) => bitsList([row.traceability, row.entityOverlap, row.calibrated]));
  }

  "score-injection"(input) {
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
    const settings = Object.fromEntries(
      reals(input.settings).map((value, at) => [names[at], value]),
    );
    const report = this.interlock.judgeInjection(claims, real(input.sanitizer), settings);
    return {
      claims: report.claims.map(({ verdict, confidence }) => `${verdict} ${bits(confidence)}`),
      risk: bits(report.risk),
      combined: bits(report.combined),
      detected: report.detected,
    };
  }

  // Suite `session`.

  "session-stream"({ policy, dialect, answers: given, steps }) {
    const session = new this.interlock.Session(JSON.parse(policy), dialect);
    const answers = given && new Answers(given);
    const pieces = steps.map(piecesOf);
    const output = [];
    const done = steps.map((value, at) => {
      const said = [];
      const before = length(output);
      if (pieces[at].length === 0) {
        say(said, () => one(session, ...step(value)));
        take(session, answers, said, output);
      }
      for (const piece of pieces[at]) {
        const taken = say(said, () => session.feed(piece));
        take(session, answers, said, output);
        if (!taken) break;
      }
      said.push(["out", length(output) - before]);
      said.push([session.state, session.wantsInput ? "wants-input" : "wants-none"]);
      return said;
    });
    const bytes = concat(output);
    const same = hexOf(bytes) === hexOf(concat(pieces.flat()));
    return {
      steps: done,
      output: same ? { as_input: bytes.length } : textOrHex(bytes),
      record: account(session.record()),
    };
  }

  async "session-text"({ policy, text, answers: given = [] }) {
    const answers = new Answers(given);
    const segments = [];
    const options = { policy: JSON.parse(policy) };
    if (options.policy.scorer?.kind === "host") {
      options.scorer = (segment) => {
        segments.push(segmentValue(segment));
        return answers.next().score;
      };
    }
    const guarded = await this.interlock.guardText(text, options);
    return {
      segments,
      events: guarded.events.map((event) => eventValue({ ...event, position: 0 })),
      text: guarded.text,
      record: account(guarded.record),
    };
  }
}

/** Tokens and their scorer. */
function scored(tokens) {
  const scores = tokens.map(([, score]) => real(score));
  return [tokens.map(([text]) => text), () => scores.shift()];
}

const bitsList = (values) => Array.from(values, bits).join(" ");

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

/** Scores in the order in which segments come; the last is kept. */
class Answers {
  constructor(given) {
    this.left = given.map(observation);
  }

  next() {
    return (this.left.length > 1 ? this.left.shift() : this.left[0]) ?? {};
  }
}

/** The pieces that a step feeds. */
function piecesOf(value) {
  const [name, what] = step(value);
  if (name === "feed") return [encoder.encode(what)];
  if (name === "feed-hex") return [bytesOfHex(what)];
  if (name !== "feed-pieces") return [];
  const [size, text] = what;
  const bytes = encoder.encode(text);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function one(session, name, what) {
  switch (name) {
    case "end":
      return session.end();
    case "fail":
      return session.fail(what);
    case "answer":
      return session.answer(what[0], observation(what[1]));
    case "stop":
      return session.stop(haltInput(what));
    case "emergency-stop":
      return session.emergencyStop();
    default:
      return session.feed(new Uint8Array(0));
  }
}

/** Whether the call was taken. */
function say(said, work) {
  const answer = valued(() => {
    work();
  });
  if (answer === undefined) return true;
  said.push(["refused", answer.refused]);
  return false;
}

/** Takes what waits, and answers segments while there are some. */
function take(session, answers, said, output) {
  let answered;
  do {
    answered = false;
    const segments = all(() => session.nextSegment());
    said.push(...all(() => session.nextEvent()).map(eventValue));
    output.push(session.takeOutput());
    for (const segment of segments) {
      said.push(segmentValue(segment));
      if (answers === undefined) continue;
      answered = true;
      say(said, () => session.answer(segment.id, answers.next()));
    }
  } while (answered);
}

function all(next) {
  const items = [];
  for (let item; (item = next()) !== undefined;) items.push(item);
  return items;
}

const length = (parts) => parts.reduce((sum, part) => sum + part.length, 0);
const channelText = ({ choice, kind, block }) => `${choice}/${kind}/${block}`;

const segmentValue = ({ id, channel, start, text, logitEntropy }) => [
  "segment",
  id,
  channelText(channel),
  start,
  text,
  optionalBits(logitEntropy),
];

const eventValue = ({ segment, channel, start, text, score, verdict, position }) => [
  "event",
  segment,
  channelText(channel),
  start,
  text,
  optionalBits(score),
  verdictText(verdict),
  position,
];

function textOrHex(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return { hex: hexOf(bytes) };
  }
}

/** The members of an account that are doubles. */
const REALS = new Set(["observed", "bound", "average", "minimum"]);

/** An account with its doubles as bits. */
function account(value) {
  if (Array.isArray(value)) return value.map(account);
  if (typeof value !== "object" || value === null) return value ?? null;
  const entry = ([key, member]) => [
    key,
    REALS.has(key) && typeof member === "number" ? bits(member) : account(member),
  ];
  return Object.fromEntries(Object.entries(value).map(entry));
}
