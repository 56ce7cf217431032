import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  FreedError,
  PolicyError,
  type PolicyInput,
  Session,
  SessionEndedError,
  UnknownSegmentError,
} from "interlock-wasm";
import { DONE, chat, cutAtRandom, event, random, text, throws, utf8 } from "./support.js";

const HOST: PolicyInput = { scorer: { kind: "host" } };

test("feed, answer, take: what passes leaves", () => {
  using session = new Session(HOST, "text");
  session.feed(utf8("The sky is "));
  assert.equal(session.takeOutput().length, 0);
  const segment = session.nextSegment();
  assert.deepEqual(segment, {
    id: 0,
    channel: { choice: 0, kind: "content", block: 0 },
    start: 0,
    text: "The sky is ",
    logitEntropy: undefined,
  });
  assert.equal(session.nextSegment(), undefined);
  session.answer(0, { score: 0.9 });
  assert.equal(text(session.takeOutput()), "The sky is ");
  assert.deepEqual(session.nextEvent(), {
    segment: 0,
    channel: { choice: 0, kind: "content", block: 0 },
    start: 0,
    end: 11,
    text: "The sky is ",
    score: 0.9,
    verdict: { outcome: "pass" },
    position: 0,
  });
  session.feed(utf8("grün"));
  session.answer(session.nextSegment()?.id ?? -1, { score: 0.1 });
  assert.equal(session.state, "halted");
  assert.equal(session.isOver, true);
  assert.equal(session.wantsInput, false);
  assert.deepEqual(session.nextEvent(), {
    segment: 1,
    channel: { choice: 0, kind: "content", block: 0 },
    start: 11,
    end: 16,
    text: "grün",
    score: 0.1,
    verdict: { outcome: "halt", reason: "hard-limit", observed: 0.1, bound: 0.5 },
    position: 11,
  });
  assert.equal(session.nextEvent(), undefined);
  assert.match(text(session.takeOutput()), /stopped by a safety policy/);
  const record = session.record();
  assert.deepEqual(record.halt, { reason: "hard-limit", observed: 0.1, bound: 0.5 });
  assert.deepEqual(record.halted_at?.start, 11);
});

test("calls after the end are errors", () => {
  using session = new Session(HOST, "text");
  session.feed(utf8("a"));
  session.end();
  assert.equal(session.state, "ending");
  throws(
    SessionEndedError,
    () => {
      session.feed(utf8("b"));
    },
    {
      state: "ending",
      code: "session-ended",
    },
  );
  throws(
    SessionEndedError,
    () => {
      session.end();
    },
    { state: "ending" },
  );
  throws(
    SessionEndedError,
    () => {
      session.fail("x");
    },
    { state: "ending" },
  );
  session.answer(session.nextSegment()?.id ?? -1, { score: 0.9 });
  assert.equal(session.state, "completed");
  throws(
    SessionEndedError,
    () => {
      session.answer(0, { score: 0.9 });
    },
    { state: "completed" },
  );
  throws(
    SessionEndedError,
    () => {
      session.emergencyStop();
    },
    { state: "completed" },
  );
  assert.equal(text(session.takeOutput()), "a");
});

test("answers for segments that do not wait are refused", () => {
  using session = new Session(HOST, "text");
  session.feed(utf8("a"));
  throws(
    UnknownSegmentError,
    () => {
      session.answer(0, { score: 0.9 });
    },
    { segment: 0 },
  );
  session.nextSegment();
  for (const id of [1, -1, 0.5, NaN, Infinity, 2 ** 60]) {
    throws(
      UnknownSegmentError,
      () => {
        session.answer(id, { score: 0.9 });
      },
      { segment: id },
    );
  }
  throws(ArgumentError, () => {
    session.answer("0" as never, { score: 0.9 });
  });
  throws(ArgumentError, () => {
    session.answer(0, { score: "0.9" as never });
  });
  session.answer(0, { score: 0.9 });
  throws(UnknownSegmentError, () => {
    session.answer(0, { score: 0.9 });
  });
  assert.equal(text(session.takeOutput()), "a");
});

test("arguments are refused and change nothing", () => {
  throws(ArgumentError, () => new Session({}, "openai" as never), { argument: "dialect" });
  throws(ArgumentError, () => new Session({}, 3 as never), { argument: "dialect" });
  using session = new Session({}, "text");
  for (const chunk of [
    "text",
    new ArrayBuffer(3),
    [1, 2],
    null,
    undefined,
    new Uint16Array(2),
    new DataView(new ArrayBuffer(2)),
  ]) {
    throws(
      ArgumentError,
      () => {
        session.feed(chunk as never);
      },
      { argument: "bytes" },
    );
  }
  throws(
    ArgumentError,
    () => {
      session.fail("\ud800");
    },
    { argument: "message" },
  );
  throws(ArgumentError, () => {
    session.stop({ reason: "bored" as never });
  });
  assert.equal(session.record().bytes_in, 0);
  assert.equal(session.state, "open");
  session.free();
  throws(FreedError, () => {
    session.feed(utf8("a"));
  });
});

test("bytes of another realm are bytes", async () => {
  const { runInNewContext } = await import("node:vm");
  const foreign = runInNewContext("Uint8Array.of(97, 98)") as Uint8Array;
  assert.ok(!(foreign instanceof Uint8Array));
  using session = new Session({}, "text");
  session.feed(foreign);
  assert.equal(text(session.takeOutput()), "ab");
});

test("policies are refused with path and value", () => {
  const refused: [policy: unknown, path: string, value?: unknown][] = [
    [{ halt: { hard_limit: 2 } }, "halt.hard_limit", 2],
    [{ halt: { hard_limit: NaN } }, "halt.hard_limit", NaN],
    [{ halt: { hardLimit: 0.5 } }, "halt.hardLimit"],
    [{ halt: [] }, "halt"],
    [{ mode: "watch" }, "mode"],
    [{ modes: "observe" }, "modes"],
    [{ scorer: { facts: [{ key: "a", value: "b" }, { key: "c" }] } }, "scorer.facts[1]"],
    [{ scorer: { facts: [{ key: "a", value: 7 }] } }, "scorer.facts[0].value", 7],
    [{ scorer: { facts: {} } }, "scorer.facts"],
    [{ segments: { max_bytes: 3 } }, "segments.max_bytes"],
    [{ limits: { held_bytes: 1 } }, "limits.held_bytes"],
    [{ limits: { channels: 1.5 } }, "limits.channels", 1.5],
    [{ ending: { message: "\udc00" } }, "ending.message"],
    [{ ending: { message: 5 } }, "ending.message", 5],
    [null, ""],
    [7, "", 7],
  ];
  for (const [policy, path, value] of refused) {
    const fields = value === undefined ? { path } : { path, value };
    throws(PolicyError, () => new Session(policy as PolicyInput), { ...fields, code: "policy" });
  }
});

test("the protocol's own end, and what ends badly", () => {
  using session = new Session();
  const stream = chat("Hello", " world");
  session.feed(utf8(stream));
  assert.equal(session.wantsInput, false, "after [DONE]");
  assert.equal(session.state, "open");
  session.end();
  assert.equal(session.state, "completed");
  assert.equal(text(session.takeOutput()), stream);

  using cut = new Session();
  cut.feed(utf8(event({ content: "a" })));
  cut.end();
  assert.equal(cut.state, "failed");
  assert.ok(cut.record().error);
  assert.match(text(cut.takeOutput()), /data: \{"error"/);

  using lost = new Session();
  lost.feed(utf8(event({ content: "a" })));
  lost.fail("gone");
  assert.equal(lost.state, "failed");
  assert.match(lost.record().error?.message ?? "", /gone/);

  using stopped = new Session();
  stopped.feed(utf8(event({ content: "a" })));
  stopped.stop({ reason: "budget", observed: 3, bound: 2 });
  assert.deepEqual(stopped.record().halt, { reason: "budget", observed: 3, bound: 2 });
  assert.ok(text(stopped.takeOutput()).endsWith(DONE));
});

test("usage passes as it came", () => {
  using session = new Session();
  const usage = { prompt_tokens: 3, completion_tokens: 2, details: { list: [1, null, "x"] } };
  session.feed(utf8(event({ content: "a" }, { usage })));
  assert.deepEqual(session.record().usage, usage);
});

test("log-probabilities give the entropy of a segment", () => {
  using session = new Session(HOST);
  const half = Math.log(0.5);
  const top_logprobs = [
    { token: "a", logprob: half },
    { token: "b", logprob: half },
  ];
  const choice = {
    index: 0,
    delta: { content: "a" },
    logprobs: { content: [{ token: "a", logprob: half, top_logprobs }] },
  };
  session.feed(utf8(`data: ${JSON.stringify({ choices: [choice] })}\n\n`));
  assert.ok(Math.abs((session.nextSegment()?.logitEntropy ?? NaN) - 1) < 1e-9);
});

test("chunks change nothing", () => {
  const next = random(11);
  const deltas = ["Hello", " wor", "ld. \ud83d\ude00 ", 'Quotes " and \\ and \n', "", "last."];
  const stream = utf8(chat(...deltas));
  for (let round = 0; round < 400; round += 1) {
    using session = new Session(HOST);
    const texts: string[] = [];
    let output = "";
    const decoder = new TextDecoder();
    for (const part of cutAtRandom(stream, next)) {
      session.feed(part);
      for (let segment; (segment = session.nextSegment()) !== undefined;) {
        texts.push(segment.text);
        session.answer(segment.id, { score: 0.9 });
      }
      output += decoder.decode(session.takeOutput(), { stream: true });
    }
    session.end();
    output += decoder.decode(session.takeOutput());
    assert.deepEqual(
      texts,
      deltas.filter((delta) => delta !== ""),
    );
    assert.equal(output, text(stream));
    assert.equal(session.state, "completed");
  }
});

test("a chunk that may leave as it is, is given back itself", () => {
  using session = new Session({}, "text");
  const chunk = utf8("The sky is blue.");
  assert.equal(session.transform(chunk), chunk);
  assert.equal(session.takeOutput().length, 0);
  assert.equal(session.transform(new Uint8Array(0)).length, 0);

  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set(utf8("abc"));
  const copy = session.transform(shared);
  shared.fill(0);
  assert.equal(text(copy), "abc");

  session.feed(utf8("d"));
  assert.equal(text(session.transform(utf8("e"))), "de");

  throws(ArgumentError, () => session.transform("f" as unknown as Uint8Array), {
    argument: "chunk",
  });
  session.end();
  throws(SessionEndedError, () => session.transform(utf8("g")));
});

test("a chunk that waits for its score leaves with a later one", () => {
  using session = new Session(HOST, "text");
  const first = utf8("The sky ");
  assert.equal(session.transform(first).length, 0);
  session.answer(session.nextSegment()?.id ?? NaN, { score: 0.9 });
  assert.equal(text(session.transform(utf8("is green."))), "The sky ");
  session.answer(session.nextSegment()?.id ?? NaN, { score: 0.1 });
  assert.equal(session.state, "halted");
  assert.match(text(session.takeOutput()), /stopped by a safety policy/);
});

test("what is given back is what leaves, however the bytes are cut", () => {
  const next = random(12);
  const policies: PolicyInput[] = [{}, HOST, { channels: { content: "withhold" } }];
  const stream = utf8(chat("Hello", " wor", "ld. \ud83d\ude00 ", 'Quotes " and \n', "", "last."));
  for (let round = 0; round < 300; round += 1) {
    const policy = policies[round % policies.length];
    using ours = new Session(policy);
    using theirs = new Session(policy);
    for (const part of cutAtRandom(stream, next)) {
      if (ours.isOver) break;
      const given = ours.transform(part);
      theirs.feed(part);
      assert.deepEqual(text(given), text(theirs.takeOutput()));
      assert.equal(ours.state, theirs.state);
      const score = next() < 0.05 ? 0.1 : 0.9;
      for (const session of [ours, theirs]) {
        const segment = session.nextSegment();
        if (segment !== undefined) session.answer(segment.id, { score });
      }
    }
    for (const session of [ours, theirs]) if (session.state === "open") session.end();
    assert.equal(text(ours.takeOutput()), text(theirs.takeOutput()));
    assert.deepEqual(ours.record(), theirs.record());
  }
});

test("memory that grows in between does no harm", () => {
  using session = new Session(HOST, "text");
  const big = utf8("x".repeat(3_000_000));
  using other = new Session({ limits: { held_bytes: 67_108_864 } }, "openai-chat-body");
  session.feed(utf8("a"));
  const segment = session.nextSegment();
  other.feed(big);
  other.feed(big);
  session.answer(segment?.id ?? -1, { score: 0.65 });
  assert.deepEqual(session.nextEvent()?.verdict, {
    outcome: "warn",
    kind: "soft-limit",
    observed: 0.65,
    bound: 0.7,
  });
  assert.equal(text(session.takeOutput()), "a");
});
