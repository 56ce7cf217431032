// The suite `session` on the npm package.

import {
  bits,
  bytesOfHex,
  concat,
  haltInput,
  hexOf,
  observation,
  optionalBits,
  refusal,
  step,
  valued,
  verdictText,
} from "./text.mjs";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What comes of an input. */
export async function run(interlock, input) {
  const kinds = { stream, guarded, text };
  requireTables(input);
  try {
    return await kinds[input.kind](interlock, input);
  } catch (error) {
    return { refused: refusal(error) };
  }
}

/** Throws where a step names a table that the input has not: what it would say is not about the session. */
function requireTables({ steps = [], tables = [] }) {
  for (const [name, what] of steps.map(step)) {
    if (name !== "adopt" && name !== "check-adopt") continue;
    const unknown = what[1].find((index) => tables[index] === undefined);
    if (unknown !== undefined) throw new RangeError(`table ${unknown} of ${tables.length}`);
  }
}

function stream(interlock, { policy, dialect, answers, ledger, steps }) {
  return driven(new interlock.Session(JSON.parse(policy), dialect), answers, steps, ledger);
}

async function guarded(interlock, { policy, dialect, tables, answers, steps }) {
  const artifact = async (digits) => {
    const bytes = bytesOfHex(digits);
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    return { bytes, sha256: hexOf(new Uint8Array(hash)) };
  };
  const guardTables = new interlock.GuardTables(...(await Promise.all(tables.map(artifact))));
  const session = new interlock.Session(JSON.parse(policy), dialect, guardTables);
  const chosen = async (indices) => {
    const own = await Promise.all(indices.map((index) => artifact(tables[index])));
    return new interlock.GuardTables(...own);
  };
  // Made before they are wanted: what the steps do waits for nothing.
  const adopted = new Map();
  for (const [name, what] of steps.map(step)) {
    if (name === "adopt" || name === "check-adopt")
      adopted.set(`${what[1]}`, await chosen(what[1]));
  }
  return driven(session, answers, steps, true, adopted);
}

function driven(session, given, steps, ledger = false, tables = new Map()) {
  const answers = given && new Answers(given);
  const take = (said) => {
    takeAll(session, answers, said, output);
    if (ledger) said.push(...all(() => session.nextLedgerEvent()).map(ledgerValue));
  };
  const pieces = steps.map(piecesOf);
  const output = [];
  const done = steps.map((value, at) => {
    const said = [];
    const before = length(output);
    if (pieces[at].length === 0) {
      const [name, what] = step(value);
      if (name === "check-adopt") said.push(["between-segments", session.isBetweenSegments]);
      say(said, () => one(session, name, what, tables));
      take(said);
    }
    for (const piece of pieces[at]) {
      const taken = say(said, () => session.feed(piece));
      take(said);
      if (!taken) break;
    }
    said.push(["out", length(output) - before]);
    const wants = session.wantsInput ? "wants-input" : "wants-none";
    said.push([session.state, session.awaitsTopUp ? "awaits-top-up" : wants]);
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

async function text(interlock, { policy, text, answers: given = [] }) {
  const answers = new Answers(given);
  const segments = [];
  const options = { policy: JSON.parse(policy) };
  if (options.policy.scorer?.kind === "host") {
    options.scorer = (segment) => {
      segments.push(segmentValue(segment));
      return answers.next().score;
    };
  }
  const guarded = await interlock.guardText(text, options);
  return {
    segments,
    events: guarded.events.map((event) => eventValue({ ...event, position: 0 })),
    text: guarded.text,
    record: account(guarded.record),
  };
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

function one(session, name, what, tables) {
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
    case "advance":
      return session.advance(what);
    case "answer-review": {
      const [review, approver, approves, nowMs] = what;
      return session.answerReview(review, { approver, approves }, nowMs);
    }
    case "top-up":
      return session.topUp(...what);
    case "check-adopt":
      return session.checkAdopt(JSON.parse(what[0]), tables.get(`${what[1]}`));
    case "adopt":
      return session.adopt(JSON.parse(what[0]), tables.get(`${what[1]}`));
    case "abandon":
      return session.abandon();
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
function takeAll(session, answers, said, output) {
  let answered;
  do {
    answered = false;
    const segments = all(() => session.nextSegment());
    said.push(...all(() => session.nextEvent()).map(eventValue));
    said.push(...all(() => session.nextGuardEvent()).map(matchValue));
    said.push(...all(() => session.nextReview()).map(reviewValue));
    said.push(...all(() => session.nextTopUp()).map(topUpValue));
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

const matchValue = ({ channel, pattern, action, start, length, position }) => [
  "match",
  channelText(channel),
  pattern,
  action,
  start,
  length,
  position,
];

const reviewValue = (request) => [
  "review",
  request.review,
  request.gate,
  request.choice,
  request.block,
  request.tool,
  request.arguments,
  request.resource,
  request.approvals,
  request.deadlineMs,
];

const topUpValue = ({ counter, missing, free, most }) => ["top-up", counter, missing, free, most];

const ledgerValue = ({ kind, tag, payload }) => ["ledger", kind, tag, textOrHex(payload)];

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
