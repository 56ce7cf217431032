import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AdoptError,
  type Adoption,
  GuardTables,
  PinnedSession,
  type PolicyInput,
  PolicyError,
  Session,
  SessionEndedError,
} from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import {
  ArgumentError,
  CompiledRule,
  FreedError,
  PolicyArtifactError,
  RuleError,
  RuleRegistry,
  policyRule,
} from "interlock-wasm/rules";
import { throws } from "./support.js";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A policy that its segments tell: they have `16 + version` bytes. */
const telling = (version: number, more: PolicyInput = {}): PolicyInput => ({
  scorer: { kind: "host" },
  segments: { unit: "bytes", max_bytes: 16 + version },
  halt: { hard_limit: 0, window_threshold: 0, trend_threshold: 1 },
  ending: { message: `[version ${version}]` },
  ...more,
});

const GUARD: PolicyInput = { guard: { rules: [{ sets: ["email"], action: "redact" }] } };

function serve(registry: RuleRegistry, version: number, policy: PolicyInput): void {
  const tables = policy.guard === undefined ? [] : [redactSets];
  registry.reload(policyRule({ ruleId: "p", version }, policy, tables), 0);
  registry.runSteps(0);
  const outcome = registry.takeOutcome();
  assert.ok(outcome?.kind === "swap" && outcome.error === undefined);
}

function serving(reload: "finish" | "adopt-at-next-segment", more?: PolicyInput): RuleRegistry {
  const registry = new RuleRegistry();
  serve(registry, 1, telling(1, more));
  registry.setReloadPolicy("p", reload);
  return registry;
}

/** How many streams each version that is retained has. */
const pins = (registry: RuleRegistry) =>
  registry.history("p").map(({ version, pinned }) => [version, pinned]);

function answerAll(session: Session): string[] {
  const texts: string[] = [];
  for (let segment; (segment = session.nextSegment()) !== undefined;) {
    session.answer(segment.id, { score: 0.9 });
    texts.push(segment.text);
  }
  return texts;
}

const codeOf = (adoption: Adoption) =>
  adoption.kind === "kept" ? adoption.error.code : adoption.kind;

test("a session adopts a policy between two segments, and what is refused changes nothing", () => {
  using session = new Session(telling(1), "text");
  assert.equal(session.isBetweenSegments, true);
  session.feed(encode("a".repeat(10)));
  assert.equal(session.isBetweenSegments, false);
  for (const act of [
    () => {
      session.checkAdopt(telling(4));
    },
    () => {
      session.adopt(telling(4));
    },
  ]) {
    throws(AdoptError, act, { code: "session-in-segment", path: "" });
  }
  session.feed(encode("a".repeat(7)));
  assert.deepEqual(answerAll(session), ["a".repeat(17)]);
  const fixed: [string, PolicyInput][] = [
    ["mode", { mode: "observe" }],
    ["channels", { channels: { reasoning: "withhold" } }],
    ["scorer.kind", { scorer: { kind: "none" } }],
    ["covenant", { covenant: { permissions: [{ resource: "search" }] } }],
  ];
  for (const [path, more] of fixed) {
    const act = () => {
      session.adopt(telling(4, more));
    };
    throws(AdoptError, act, { code: "session-fixed", path });
  }
  const invalid = telling(4, { halt: { hard_limit: 4 } });
  throws(
    PolicyError,
    () => {
      session.adopt(invalid);
    },
    { path: "halt.hard_limit", value: 4 },
  );
  throws(
    ArgumentError,
    () => {
      session.adopt(telling(4), {} as never);
    },
    { argument: "guardTables" },
  );
  session.checkAdopt(telling(4));
  session.feed(encode("b".repeat(17)));
  assert.deepEqual(answerAll(session), ["b".repeat(17)], "a check changes nothing");
  session.adopt(telling(4));
  session.feed(encode("c".repeat(20)));
  assert.deepEqual(answerAll(session), ["c".repeat(20)]);
  session.takeOutput();
  session.emergencyStop();
  assert.equal(decode(session.takeOutput()), "[version 4]");
  throws(
    SessionEndedError,
    () => {
      session.adopt(telling(1));
    },
    { state: "halted" },
  );
});

test("a stream keeps the patterns that it began with", () => {
  using tables = new GuardTables(redactSets);
  using session = new Session(telling(1, GUARD), "text", tables);
  throws(PolicyError, () => {
    session.adopt(telling(2, GUARD));
  });
  throws(
    AdoptError,
    () => {
      session.adopt(telling(2));
    },
    { code: "session-fixed", path: "guard" },
  );
  session.adopt(telling(2, GUARD), tables);
  session.feed(encode("to ada@example.org, and on"));
  session.end();
  answerAll(session);
  assert.equal(decode(session.takeOutput()), "to [redacted:email], and on");
});

test("a stream under a rule adopts its next version, and names what judged which segment", () => {
  const registry = serving("adopt-at-next-segment", GUARD);
  const stream = PinnedSession.begin(registry, "p", "text");
  assert.deepEqual(stream.refresh(), { kind: "unchanged" });
  stream.session.feed(encode("a ".repeat(10)));
  serve(registry, 2, telling(2, GUARD));
  assert.equal(codeOf(stream.refresh()), "session-in-segment");
  assert.equal(codeOf(stream.refresh()), "session-in-segment");
  stream.session.feed(encode("a ".repeat(7)));
  assert.equal(codeOf(stream.refresh()), "session-in-segment", "segments wait for their scores");
  assert.deepEqual(
    [stream.version, pins(registry)],
    [
      1,
      [
        [1, 1],
        [2, 0],
      ],
    ],
  );
  assert.deepEqual(
    answerAll(stream.session).map((text) => text.length),
    [17, 17],
  );
  assert.deepEqual(stream.refresh(), { kind: "adopted", version: 2 });
  assert.deepEqual(
    [stream.version, pins(registry)],
    [
      2,
      [
        [1, 0],
        [2, 1],
      ],
    ],
  );
  assert.deepEqual(stream.artifact.policy.ending, { message: "[version 2]" });
  stream.session.feed(encode("b ".repeat(9)));
  assert.deepEqual(
    answerAll(stream.session).map((text) => text.length),
    [18],
  );
  assert.deepEqual(
    stream.versions.map(({ fromSegment, version }) => [fromSegment, version]),
    [
      [0, 1],
      [2, 2],
    ],
  );
  assert.deepEqual(
    [0, 1, 2, 9].map((segment) => stream.versionOf(segment)),
    [1, 1, 2, 2],
  );
  assert.deepEqual(stream.versions[1]?.contentHash, registry.active("p")?.header.contentHash);
  const session = stream.end();
  session.end();
  assert.equal(session.state, "completed");
  assert.deepEqual(pins(registry), [
    [1, 0],
    [2, 0],
  ]);
  throws(RuleError, () => stream.end(), { code: "rule-unknown-pin" });
});

test("a stream keeps what it has where the rule or the version says so", () => {
  const finishing = serving("finish");
  using old = PinnedSession.begin(finishing, "p", "text");
  serve(finishing, 2, telling(2));
  assert.deepEqual(old.refresh(), { kind: "unchanged" });
  {
    using young = PinnedSession.begin(finishing, "p", "text");
    assert.deepEqual([old.version, young.version], [1, 2]);
    assert.deepEqual(pins(finishing), [
      [1, 1],
      [2, 1],
    ]);
  }
  assert.deepEqual(
    pins(finishing),
    [
      [1, 1],
      [2, 0],
    ],
    "`using` gives the pin back",
  );

  const registry = serving("adopt-at-next-segment");
  using stream = PinnedSession.begin(registry, "p", "text");
  serve(registry, 2, telling(2, { mode: "observe" }));
  for (const adoption of [stream.refresh(), stream.refresh()]) {
    assert.ok(adoption.kind === "kept" && adoption.error instanceof AdoptError);
    assert.equal(adoption.error.path, "mode");
  }
  serve(registry, 3, telling(3));
  assert.deepEqual(
    stream.refresh(),
    { kind: "adopted", version: 3 },
    "a refusal is of one version",
  );
  stream.session.end();
  serve(registry, 4, telling(4));
  assert.equal(codeOf(stream.refresh()), "session-ended");
  assert.equal(stream.version, 3);
});

test("an emergency stop halts a stream, and one that does not begin pins nothing", () => {
  const registry = serving("finish");
  using stream = PinnedSession.begin(registry, "p", "text");
  registry.emergencyStop("p");
  for (const adoption of [stream.refresh(), stream.refresh()]) {
    assert.deepEqual(adoption, { kind: "stopped" });
  }
  assert.equal(stream.session.record().halt?.reason, "emergency-stop");
  const begin = () => PinnedSession.begin(registry, "p", "text");
  throws(RuleError, begin, { code: "rule-emergency-stopped" });

  const other = serving("finish");
  throws(ArgumentError, () => PinnedSession.begin(other, "p", "morse" as never), {
    argument: "dialect",
  });
  throws(ArgumentError, () => PinnedSession.begin({} as never, "p"), { argument: "registry" });
  assert.deepEqual(pins(other), [[1, 0]]);
  const opaque = new RuleRegistry({ capability: { opaque: ["cpu"] } });
  const header = { ruleId: "p", version: 1, target: "cpu" };
  opaque.reload(new CompiledRule(header, encode("code")), 0);
  for (let step; (step = opaque.step()) !== undefined;) opaque.complete(step.id, {}, 0);
  throws(PolicyArtifactError, () => PinnedSession.begin(opaque, "p"), { code: "policy-target" });
  assert.deepEqual(pins(opaque), [[1, 0]]);
});

test("every change of a registry is seen, and nothing is asked where there was none", () => {
  const registry = serving("finish");
  const stream = PinnedSession.begin(registry, "p", "text");
  const same = stream.refresh();
  assert.deepEqual(same, { kind: "unchanged" });
  assert.equal(stream.refresh(), same);
  serve(registry, 2, telling(2));
  assert.deepEqual(stream.refresh(), same, "the rule lets streams finish");
  registry.setReloadPolicy("p", "adopt-at-next-segment");
  assert.deepEqual(stream.refresh(), { kind: "adopted", version: 2 });
  assert.deepEqual(stream.refresh(), same);
  registry.beginRollback("p", 1, 0);
  assert.deepEqual(stream.refresh(), same, "it has only begun");
  for (let step; (step = registry.step()) !== undefined;) {
    if (step.kind === "pre-stage" || step.kind === "terminate") registry.runSteps(0);
    else registry.complete(step.id, {}, 0);
  }
  assert.deepEqual(stream.refresh(), { kind: "adopted", version: 1 });
  registry.register(policyRule({ ruleId: "p", version: 3 }, telling(3)), 0);
  assert.deepEqual(stream.refresh(), same);
  registry.beginReload("p", 3, 0);
  registry.runSteps(0);
  assert.deepEqual(stream.refresh(), { kind: "adopted", version: 3 });
  registry.emergencyStop("p");
  assert.deepEqual(stream.refresh(), { kind: "stopped" });
  registry.liftStop("p");
  assert.deepEqual(stream.refresh(), { kind: "stopped" }, "who was stopped stays so");
  stream.end();
  throws(RuleError, () => stream.refresh(), { code: "rule-unknown-pin" });

  const other = serving("finish");
  const left = PinnedSession.begin(other, "p", "text");
  other.free();
  throws(FreedError, () => left.refresh());
});
