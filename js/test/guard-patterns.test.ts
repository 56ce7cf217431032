import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CallbackError,
  type GuardEvent,
  GuardTables,
  type LedgerEvent,
  PolicyError,
  Session,
  guardStream,
  guardText,
} from "interlock-wasm";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";
import { chat, cutAtRandom, random, read, text, through, throws, utf8 } from "./support.js";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const guardTables = new GuardTables(redactSets, haltSets);
const redact = { guard: { rules: [{ sets: ["api-keys", "email"], action: "redact" }] } } as const;
const halt = { guard: { rules: [{ sets: ["api-keys"] }] }, ending: { message: "[stopped]" } };

test("a key over many deltas is replaced, however the network cuts the bytes", async () => {
  const wire = utf8(chat("Use AKIAIOSF", "ODNN7EX", "AMPLE or ada@exam", "ple.org, say"));
  const next = random(7);
  for (let round = 0; round < 50; round += 1) {
    const matches: GuardEvent[] = [];
    const guard = guardStream({
      policy: redact,
      guardTables,
      onMatch: (event) => matches.push(event),
    });
    const { output, record } = await through(guard, ...cutAtRandom(wire, next));
    assert.equal(
      read(output).content,
      "Use [redacted:api-keys/aws-access-key] or [redacted:email], say",
    );
    assert.equal(record.state, "completed");
    assert.deepEqual(
      matches.map(({ pattern, action, start, length }) => [pattern, action, start, length]),
      [
        ["api-keys/aws-access-key", "redact", 4, 20],
        ["email", "redact", 28, 15],
      ],
    );
    assert.equal(record.guard?.patterns.length, 2);
    assert.ok(record.channels.every(({ guarded }) => guarded));
  }
});

test("what has no match leaves as it came", async () => {
  const wire = chat("Nothing of the ", "kind: AKIA, a@b, ", "\u{1f600}");
  const { output } = await through(guardStream({ policy: redact, guardTables }), wire);
  assert.equal(output, wire);
});

test("a halt lets go what stands before the match, and the ledger gets the pattern only", async () => {
  const events: LedgerEvent[] = [];
  const guard = guardStream({
    policy: halt,
    guardTables,
    ledger: (event) => {
      events.push(event);
    },
  });
  const { output, record } = await through(guard, chat("The key: ", KEY, " and more"));
  const { content, finish, done } = read(output);
  assert.deepEqual([content, finish, done], ["The key: [stopped]", "content_filter", true]);
  assert.equal(record.halt?.reason, "pattern");
  assert.equal(record.guard?.halted_by, "api-keys/aws-access-key");
  assert.deepEqual(
    events.map(({ kind, tag }) => [kind, tag]),
    [
      ["session.halt", "pattern"],
      ["session.end", "halted"],
    ],
  );
  const told = events.map(({ payload }) => text(payload)).join();
  assert.ok(told.includes('"pattern":"api-keys/aws-access-key"') && !told.includes("AKIA"), told);
});

test("scorers get the text that leaves", async () => {
  const seen: string[] = [];
  const { text: guarded } = await guardText(`One. The key ${KEY} is it.`, {
    policy: { ...redact, segments: { unit: "sentence" } },
    guardTables,
    scorer: (segment) => {
      seen.push(segment.text);
      return 0.9;
    },
  });
  assert.equal(guarded, "One. The key [redacted:api-keys/aws-access-key] is it.");
  assert.deepEqual(seen, ["One.", " The key [redacted:api-keys/aws-access-key] is it."]);
});

test("a flag is reported, and changes nothing", async () => {
  const policy = { guard: { rules: [{ sets: ["email"], action: "flag" }] } } as const;
  const matches: GuardEvent[] = [];
  const wire = chat("ada@exam", "ple.org wrote");
  const guard = guardStream({ policy, guardTables, onMatch: (event) => matches.push(event) });
  const { output } = await through(guard, wire);
  assert.equal(output, wire);
  assert.deepEqual(
    matches.map(({ channel, action }) => [channel.kind, action]),
    [["content", "flag"]],
  );
});

test("tables are shared, and freed ones are of no use any more", () => {
  const tables = new GuardTables(redactSets);
  for (const policy of [redact, redact, { guard: null }, {}]) {
    new Session(policy, "text", tables).free();
  }
  tables.free();
  assert.throws(() => new Session(redact, "text", tables), { code: "freed" });
});

test("tables that are none are refused, and policies that want what is not there", () => {
  const { bytes, sha256 } = redactSets;
  const flipped = Uint8Array.from(bytes);
  flipped[1000] = (flipped[1000] ?? 0) ^ 1;
  throws(ArgumentError, () => new GuardTables({ bytes: flipped, sha256 }), { argument: "tables" });
  throws(ArgumentError, () => new GuardTables({ bytes, sha256: "00" }), { argument: "sha256" });
  throws(ArgumentError, () => new GuardTables({ bytes: "x" as never, sha256 }), {
    argument: "bytes",
  });
  throws(ArgumentError, () => new Session(redact, "text", {} as never), {
    argument: "guardTables",
  });
  throws(PolicyError, () => new Session(redact, "text"), { path: "guard.rules[0].sets" });
  const onlyRedact = new GuardTables(redactSets);
  throws(PolicyError, () => new Session(halt, "text", onlyRedact), {
    path: "guard.rules[0].sets",
  });
  const own = { guard: { rules: [{ patterns: [{ id: "own", pattern: "x+" }] }] } };
  throws(PolicyError, () => new Session(own, "text", guardTables), {
    path: "guard.rules[0].patterns",
  });
  const unknown = { guard: { rules: [{ sets: ["email"], actions: "halt" }] } } as never;
  throws(PolicyError, () => new Session(unknown, "text", guardTables), {
    path: "guard.rules[0].actions",
  });
});

test("a callback that throws stops the stream", async () => {
  const guard = guardStream({
    policy: redact,
    guardTables,
    onMatch: () => {
      throw new RangeError("no room");
    },
  });
  await assert.rejects(through(guard, chat(KEY, " more")), CallbackError);
});
