import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { GuardTables, Session } from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import {
  ArgumentError,
  ArtifactError,
  CompiledRule,
  Envelope,
  EnvelopeError,
  FreedError,
  KeySetError,
  PolicyArtifact,
  PolicyArtifactError,
  RuleError,
  RuleRegistry,
  TrustedKeys,
  policyRule,
} from "interlock-wasm/rules";
import { throws } from "./support.js";

const POLICY = { halt: { hard_limit: 0.4 }, scorer: { kind: "host" } } as const;

const rule = (version: number, hard_limit = 0.4): CompiledRule =>
  policyRule({ ruleId: "answers", version }, { ...POLICY, halt: { hard_limit } });

/** A rule that redacts sets. */
const guarded = (version: number, sets: readonly string[]): CompiledRule =>
  policyRule({ ruleId: "answers", version }, { guard: { rules: [{ sets, action: "redact" }] } }, [
    redactSets,
  ]);

const encode = (text: string) => new TextEncoder().encode(text);

/** A registry in which these versions were made active, one after the other. */
function serving(...versions: number[]): RuleRegistry {
  const registry = new RuleRegistry();
  for (const version of versions) {
    registry.reload(rule(version, version / 10), 0);
    registry.runSteps(0);
    assert.equal(registry.takeOutcome()?.kind, "swap");
  }
  return registry;
}

/** A key pair of WebCrypto: what signs elsewhere. */
async function keyPair(): Promise<{ publicKey: Uint8Array; privateKey: CryptoKey }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  return { publicKey: new Uint8Array(raw), privateKey: pair.privateKey };
}

test("a rule says what it is, and comes back as it was", () => {
  const made = new CompiledRule(
    {
      ruleId: "kernel",
      version: 2n ** 60n,
      target: "sm_90",
      dependsOn: [{ ruleId: "base", minVersion: 2 }],
      actorConfig: { blockDim: [32, 1, 1], maxInFlight: 7 },
      metadata: { author: "ada", compiledAtMs: 5, sourceHash: new Uint8Array(32).fill(1) },
    },
    new Uint8Array([1, 2, 3]),
  );
  const read = CompiledRule.decode(made.encode());
  assert.deepEqual(read.header, made.header);
  assert.deepEqual([...read.payload], [1, 2, 3]);
  const { version, actorConfig, metadata, target, dependsOn } = read.header;
  assert.equal(version, 2n ** 60n);
  assert.equal(target, "sm_90");
  assert.deepEqual(dependsOn, [{ ruleId: "base", minVersion: 2 }]);
  assert.deepEqual(actorConfig.blockDim, [32, 1, 1]);
  assert.deepEqual(
    [actorConfig.maxInFlight, metadata.author, metadata.compiledAtMs],
    [7, "ada", 5],
  );
  made.free();
  throws(FreedError, () => made.header, { code: "freed" });
});

test("damaged rules are refused", () => {
  const bytes = rule(1).encode();
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => CompiledRule.decode(bytes.subarray(0, length)), ArtifactError);
  }
  throws(ArtifactError, () => new CompiledRule({ ruleId: "a", version: 0 }, new Uint8Array()), {
    code: "artifact-version",
  });
  throws(ArtifactError, () => new CompiledRule({ ruleId: "", version: 1 }, new Uint8Array()), {
    code: "artifact-name",
  });
  throws(ArgumentError, () => new CompiledRule({ ruleId: "a", version: 1.5 }, new Uint8Array()), {
    argument: "header.version",
  });
});

test("a policy is a rule, and a rule a policy", () => {
  const { policy, patterns, tables } = new PolicyArtifact(rule(1));
  assert.equal(policy.halt?.hard_limit, 0.4);
  assert.equal(policy.halt.window_size, 10, "every field is given");
  assert.deepEqual([patterns, tables], [[], []]);
  throws(
    PolicyArtifactError,
    () => policyRule({ ruleId: "a", version: 1 }, { halt: { hard_limit: 7 } }),
    { code: "policy-invalid", subject: "halt.hard_limit" },
  );
  const other = new CompiledRule({ ruleId: "a", version: 1 }, new Uint8Array([1]));
  throws(PolicyArtifactError, () => new PolicyArtifact(other), { code: "policy-no-artifact" });
});

test("a policy's compiled patterns are in its rule", () => {
  const made = guarded(1, ["email"]);
  const { policy, patterns, tables } = new PolicyArtifact(CompiledRule.decode(made.encode()));
  const channels = [
    "content",
    "reasoning",
    "refusal",
    "tool-name",
    "tool-arguments",
    "other",
  ] as const;
  assert.deepEqual(patterns, [{ id: "email", action: "redact", channels }]);
  assert.equal(tables.length, 1);
  const [own] = tables;
  assert.ok(own !== undefined && own.bytes.length < redactSets.bytes.length / 10, "and no others");
  assert.deepEqual(policy.guard?.rules?.[0]?.sets, ["email"]);
  const header = { ruleId: "a", version: 1 };
  const rules = (set: string) => ({
    guard: { rules: [{ sets: [set], action: "redact" as const }] },
  });
  throws(PolicyArtifactError, () => policyRule(header, rules("api-key"), [redactSets]), {
    ...{ code: "policy-invalid", subject: "guard.rules[0].sets" },
  });
  const nonsense = new Uint8Array([1]);
  const { sha256 } = redactSets;
  throws(PolicyArtifactError, () => policyRule(header, {}, [{ bytes: nonsense, sha256 }]), {
    code: "policy-guard-hash",
  });
  const hash = createHash("sha256").update(nonsense).digest("hex");
  throws(PolicyArtifactError, () => policyRule(header, {}, [{ bytes: nonsense, sha256: hash }]), {
    code: "policy-guard",
  });
  throws(ArgumentError, () => policyRule(header, {}, [{ bytes: nonsense, sha256: "0" }]), {
    argument: "sha256",
  });
  // A bit of the patterns is another: under another hash they are not decoded.
  const { payload } = made;
  payload.set([(payload.at(-1) ?? 0) ^ 1], payload.length - 1);
  const changed = new CompiledRule({ ...header, target: "data/2" }, payload);
  throws(PolicyArtifactError, () => new PolicyArtifact(changed), { code: "policy-guard-hash" });
});

test("a policy swapped in changes what is guarded for streams that begin, and not for those that run", () => {
  const registry = new RuleRegistry();
  const swap = (version: number, sets: readonly string[]) => {
    registry.reload(guarded(version, sets), 0);
    registry.runSteps(0);
    assert.equal(registry.takeOutcome()?.kind, "swap");
  };
  /** A stream under the active version: begun now, and given the rest of its text when it is asked for. */
  const begin = () => {
    const pin = registry.pin("answers");
    const active = registry.pinned(pin);
    const { policy, tables } = new PolicyArtifact(active);
    const session = new Session(policy, "text", new GuardTables(...tables));
    session.feed(encode("to ada@exam"));
    return () => {
      session.feed(encode("ple.org from 4111 1111 1111 1111."));
      session.end();
      registry.unpin(pin);
      return new TextDecoder().decode(session.takeOutput());
    };
  };
  swap(1, ["email"]);
  const [one, other] = [begin(), begin()];
  const first = "to [redacted:email] from 4111 1111 1111 1111.";
  assert.equal(one(), first);
  swap(2, ["cards"]);
  const later = begin();
  assert.equal(other(), first, "it keeps its own");
  assert.equal(later(), "to ada@example.org from [redacted:cards].");
  registry.beginRollback("answers", 1, 0);
  registry.runSteps(0);
  assert.equal(begin()(), first);
});

test("what enough keys have signed is verified, here or by WebCrypto", async () => {
  const [one, two] = await Promise.all([keyPair(), keyPair()]);
  const envelope = new Envelope(rule(1));
  const message = envelope.preAuthenticationEncoding();
  const trusted = new TrustedKeys(
    [
      { keyId: "one", publicKey: one.publicKey },
      { keyId: "two", publicKey: two.publicKey },
    ],
    2,
  );
  const signature = async (key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  envelope.add({ keyId: "one", signature: await signature(one.privateKey) });
  throws(RuleError, () => trusted.verify(envelope), {
    ...{ code: "rule-invalid-signature", subject: "threshold", value: 1, bound: 2 },
  });
  envelope.add({ keyId: "two", signature: await signature(two.privateKey) });
  const read = Envelope.decode(envelope.encode());
  const verified = trusted.verify(read);
  assert.equal(verified.signers.length, 2);
  assert.equal(verified.rule.header.version, 1);

  const answers = await Promise.all(
    trusted.checks(read).map(async ({ publicKey, signature: bytes }) => {
      const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
      return crypto.subtle.verify("Ed25519", key, bytes, message);
    }),
  );
  assert.deepEqual(answers, [true, true]);
  assert.equal(trusted.accept(read, answers).signers.length, 2);
  throws(RuleError, () => trusted.accept(read, [true]), { code: "rule-invalid-signature" });
  const pending = [Promise.resolve(false), Promise.resolve(false)] as unknown as boolean[];
  throws(ArgumentError, () => trusted.accept(read, pending), { argument: "answers[0]" });
});

test("forged envelopes and keys that are no set", () => {
  const secret = new Uint8Array(32).fill(7);
  const text = new Envelope(rule(1)).sign("one", secret).encode();
  throws(EnvelopeError, () => Envelope.decode("{}"), { code: "envelope-json" });
  throws(EnvelopeError, () => Envelope.decode(text.replace("rule.v1", "rule.v2")), {
    code: "envelope-payload-type",
  });
  const publicKey = new Uint8Array(32);
  const twice = [
    { keyId: "a", publicKey },
    { keyId: "a", publicKey },
  ];
  throws(KeySetError, () => new TrustedKeys(twice), { code: "keys-twice" });
  throws(KeySetError, () => new TrustedKeys([{ keyId: "a", publicKey }], 2), {
    ...{ code: "keys-threshold", value: 2, bound: 1 },
  });
});

test("versions are swapped, rolled back and reloaded, and a stream keeps its own", () => {
  const registry = serving(1, 2);
  const pin = registry.pin("answers");
  registry.beginRollback("answers", 1, 5);
  registry.runSteps(6);
  const outcome = registry.takeOutcome();
  assert.ok(outcome?.kind === "swap" && outcome.report !== undefined);
  assert.deepEqual([outcome.report.fromVersion, outcome.report.toVersion], [2, 1]);
  assert.equal(outcome.report.pinned, 1);
  const statuses = registry.history("answers").map(({ version, status }) => [version, status]);
  assert.deepEqual(statuses, [
    [1, "active"],
    [2, "rolled-back"],
  ]);
  assert.equal(registry.pinned(pin).header.version, 2);
  assert.equal(registry.active("answers")?.header.version, 1);
  registry.unpin(pin);
  throws(RuleError, () => registry.pinned(pin), { code: "rule-unknown-pin" });
  registry.beginReload("answers", 2, 7);
  registry.runSteps(7);
  assert.equal(registry.list()[0]?.active, 2);
});

test("what a registry refuses", () => {
  const registry = serving(3);
  throws(
    RuleError,
    () => {
      registry.register(rule(3), 0);
    },
    { code: "rule-duplicate-version" },
  );
  throws(
    RuleError,
    () => {
      registry.register(rule(2), 0);
    },
    {
      ...{ code: "rule-version-downgrade", value: 2, bound: 3 },
    },
  );
  throws(RuleError, () => registry.pin("nobody"), { code: "rule-not-found", subject: "nobody" });
  throws(RuleError, () => registry.beginRollback("answers", 1, 0), {
    code: "rule-rollback-target-missing",
  });
  const wasm = new CompiledRule({ ruleId: "w", version: 1, target: "wasm32" }, new Uint8Array());
  throws(
    RuleError,
    () => {
      registry.register(wasm, 0);
    },
    { code: "rule-compute-cap-mismatch" },
  );
  const needs = policyRule(
    { ruleId: "b", version: 1, dependsOn: [{ ruleId: "answers", minVersion: 4 }] },
    {},
  );
  throws(RuleError, () => registry.reload(needs, 0), {
    ...{ code: "rule-missing-dependency", subject: "answers", value: 3, bound: 4 },
  });
  const secret = new Uint8Array(32).fill(7);
  registry.trust(new TrustedKeys([{ keyId: "k", publicKey: secret }]));
  throws(
    RuleError,
    () => {
      registry.register(rule(4), 0);
    },
    {
      ...{ code: "rule-invalid-signature", subject: "unsigned" },
    },
  );
});

test("a host does the steps itself, and a step that fails changes nothing", () => {
  const registry = serving(1);
  registry.reload(rule(2), 0);
  const kinds: string[] = [];
  for (let step = registry.step(); step !== undefined; step = registry.step()) {
    kinds.push(step.kind);
    const result = step.kind === "swap" ? { failure: "no device" } : { messages: 3 };
    registry.complete(step.id, result, 10);
  }
  assert.deepEqual(kinds, ["pre-stage", "quiesce", "swap", "resume", "terminate"]);
  const outcome = registry.takeOutcome();
  assert.ok(outcome?.kind === "swap" && outcome.error !== undefined);
  assert.equal(outcome.error.kind, "backend-error");
  assert.equal(registry.active("answers")?.header.version, 1);
  assert.equal(registry.history("answers")[1]?.status, "failed");
  registry.readmit("answers", 2);
  assert.equal(registry.history("answers")[1]?.status, "registered");
});

test("drains wait, adoptions happen, stops halt", () => {
  const registry = serving(1);
  registry.setReloadPolicy("answers", "drain", 100);
  const pin = registry.pin("answers");
  registry.reload(rule(2), 0);
  throws(
    RuleError,
    () => {
      registry.runSteps(50);
    },
    { code: "rule-still-pinned" },
  );
  throws(RuleError, () => registry.pin("answers"), { code: "rule-quiescing" });
  registry.runSteps(200);
  const outcome = registry.takeOutcome();
  assert.ok(outcome?.kind === "swap" && outcome.error?.kind === "quiesce-timeout");
  registry.setReloadPolicy("answers", "adopt-at-next-segment");
  registry.beginReload("answers", 2, 300);
  registry.runSteps(300);
  assert.equal(registry.adopt(pin), true);
  assert.equal(registry.pinned(pin).header.version, 2);
  assert.equal(registry.emergencyStop("answers"), 1);
  assert.equal(registry.isStopped(pin), true);
  throws(RuleError, () => registry.adopt(pin), { code: "rule-emergency-stopped" });
  throws(RuleError, () => registry.pin("answers"), { code: "rule-emergency-stopped" });
  registry.liftStop("answers");
  assert.equal(registry.isStopped(registry.pin("answers")), false);
});

test("a registry outlives its process", () => {
  const registry = serving(1, 2);
  const bytes = registry.snapshot();
  const restored = RuleRegistry.restore(bytes);
  assert.deepEqual(restored.snapshot(), bytes);
  assert.deepEqual(restored.list(), registry.list());
  restored.reload(rule(3), 1);
  restored.runSteps(1);
  assert.equal(restored.active("answers")?.header.version, 3);
  for (let length = 0; length < bytes.length; length += 7) {
    throws(RuleError, () => RuleRegistry.restore(bytes.subarray(0, length)), {
      code: "rule-state",
    });
  }
  throws(RuleError, () => RuleRegistry.restore(bytes, { dataFormats: [3, 3] }), {
    code: "rule-compute-cap-mismatch",
  });
});
