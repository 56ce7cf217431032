import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as api from "interlock-wasm";
import * as covenant from "interlock-wasm/covenant";
import * as slimCovenant from "interlock-wasm/covenant/slim";
import * as ledger from "interlock-wasm/ledger";
import * as slimLedger from "interlock-wasm/ledger/slim";
import * as operad from "interlock-wasm/operad";
import * as slimOperad from "interlock-wasm/operad/slim";
import * as rules from "interlock-wasm/rules";
import * as slimRules from "interlock-wasm/rules/slim";
import * as physics from "interlock-wasm/physics";
import * as slimPhysics from "interlock-wasm/physics/slim";
import * as signals from "interlock-wasm/signals";
import * as slimSignals from "interlock-wasm/signals/slim";
import * as slim from "interlock-wasm/slim";
import type {
  BatchVerdict,
  GuardOptions,
  HaltReason,
  HaltVerdict,
  PassVerdict,
  PolicyInput,
  Scorer,
  Session,
  SessionRecord,
  Verdict,
  VerdictEvent,
  WarnVerdict,
} from "interlock-wasm";

// What is checked here is checked by the compiler; running it is for the schema.

type Equal<A, B> = [A, B] extends [B, A] ? true : false;
const holds = <_Claim extends true>(): void => undefined; // eslint-disable-line @typescript-eslint/no-unnecessary-type-parameters
const use = (..._values: unknown[]): void => undefined;

test("verdicts are told apart by their outcome", () => {
  holds<Equal<Verdict["outcome"], "pass" | "warn" | "halt">>();
  holds<Equal<Extract<Verdict, { outcome: "halt" }>, HaltVerdict>>();
  holds<Equal<Extract<Verdict, { outcome: "warn" }>, WarnVerdict>>();
  holds<Equal<Extract<Verdict, { outcome: "pass" }>, PassVerdict>>();
  holds<Equal<BatchVerdict["halt"], HaltVerdict | undefined>>();
  const reasonOf = (verdict: Verdict): HaltReason | undefined => {
    switch (verdict.outcome) {
      case "pass":
        // @ts-expect-error: a pass has no reason
        use(verdict.reason);
        return undefined;
      case "warn":
        use(verdict.kind);
        return undefined;
      case "halt":
        return verdict.reason;
    }
  };
  assert.equal(reasonOf({ outcome: "halt", reason: "budget" }), "budget");
});

test("policies and options are closed", () => {
  const policy: PolicyInput = {
    halt: { hard_limit: 0.4, logit_entropy_limit: null },
    mode: "observe",
  };
  // @ts-expect-error: one name everywhere, and it is the schema's
  const camel: PolicyInput = { halt: { hardLimit: 0.4 } };
  // @ts-expect-error: no such mode
  const mode: PolicyInput = { mode: "watch" };
  const options: GuardOptions = { policy, scorer: () => 1 };
  // @ts-expect-error: no such option
  const misspelt: GuardOptions = { scorr: () => 1 };
  // @ts-expect-error: a score is a number
  const scorer: Scorer = () => "0.9";
  const scorers: Scorer[] = [
    () => 1,
    (s) => s.text.length,
    (_, { signal }) => Promise.resolve(+signal.aborted),
    () => ({ score: 1 }),
  ];
  use(camel, mode, options, misspelt, scorer, scorers);
});

test("a guard is a stream of bytes", () => {
  const respond = (guard: api.GuardStream, source: ReadableStream<Uint8Array>): Response => {
    const stream: TransformStream<Uint8Array, Uint8Array> = guard;
    use(stream);
    holds<Equal<typeof guard.record, Promise<SessionRecord>>>();
    return new Response(source.pipeThrough(guard));
  };
  const event = (session: Session): VerdictEvent | undefined => session.nextEvent();
  use(respond, event);
});

test("both ways to the wasm offer the same", () => {
  const more = ["init", "initSync", "isInitialised"];
  const pairs = [
    [Object.keys(api), Object.keys(slim)],
    [Object.keys(signals), Object.keys(slimSignals)],
    [Object.keys(physics), Object.keys(slimPhysics)],
    [Object.keys(ledger), Object.keys(slimLedger)],
    [Object.keys(covenant), Object.keys(slimCovenant)],
    [Object.keys(operad), Object.keys(slimOperad)],
    [Object.keys(rules), Object.keys(slimRules)],
  ] as const;
  for (const [names, withMore] of pairs) {
    assert.deepEqual(withMore.toSorted(), [...names, ...more].sort());
  }
  assert.equal(slim.StreamMonitor, api.StreamMonitor, "one implementation, one instance");
  assert.equal(slimSignals.Bm25, signals.Bm25, "one implementation, one instance");
  assert.equal(slimPhysics.Upde, physics.Upde, "one implementation, one instance");
  assert.equal(slimLedger.TraceLedger, ledger.TraceLedger, "one implementation, one instance");
  assert.equal(slimCovenant.Budget, covenant.Budget, "one implementation, one instance");
  assert.equal(slimOperad.Term, operad.Term, "one implementation, one instance");
  assert.equal(slimRules.Envelope, rules.Envelope, "one implementation, one instance");
  const slims = [slim, slimSignals, slimPhysics, slimLedger, slimCovenant, slimOperad, slimRules];
  assert.ok(slims.every((entry) => entry.isInitialised()));
});

test("an index is knowledge", () => {
  const options = (knowledge: signals.Bm25): api.CoherenceScorerOptions => ({ knowledge });
  holds<Equal<signals.Knowledge, api.Knowledge>>();
  holds<Equal<ReturnType<signals.Bm25["search"]>, signals.Bm25Hit[]>>();
  use(options);
});

test("the advanced runtime's settings and answers", () => {
  const theta = new Float64Array(16);
  const options: physics.UpdeOptions = { theta, config: { dt: 0.1 }, seed: 7n };
  // @ts-expect-error: phases are needed
  const without: physics.UpdeOptions = { config: { dt: 0.1 } };
  // @ts-expect-error: one name everywhere, and it is the core's
  const camel: physics.UpdeOptions = { theta, config: { noiseAmplitude: 0 } };
  // @ts-expect-error: no such definition
  const fidelity: physics.Fidelity = "better";
  // @ts-expect-error: previous phases or velocities, not both names
  const motion: physics.Motion = { speed: theta };
  // @ts-expect-error: a seed is a number or a bigint
  const seed: physics.Seed = "7";
  const weights: physics.SsgfOptions = { config: { weights: { c7: 0 }, gradient: "analytic" } };
  // @ts-expect-error: no such weight
  const weight: physics.SsgfOptions = { config: { weights: { c6: 0 } } };
  holds<Equal<physics.Upde["theta"], Float64Array>>();
  holds<Equal<ReturnType<physics.SsgfEngine["run"]>, physics.StepRecord | undefined>>();
  holds<Equal<physics.Audio["band"], "delta" | "theta" | "alpha" | "beta" | "gamma">>();
  const frozen = (upde: physics.Upde): void => {
    // @ts-expect-error: settings are changed by setConfig
    upde.config.dt = 1;
  };
  use(options, without, camel, fidelity, motion, seed, weights, weight, frozen);
});

/** The part of JSON Schema that the policy's uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

function conforms(value: unknown, schema: Schema, definitions: Record<string, Schema>): boolean {
  const inner = (value: unknown, schema: Schema): boolean => conforms(value, schema, definitions);
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/$defs/", "");
    return inner(value, definitions[name] ?? assert.fail(schema.$ref));
  }
  if (schema.oneOf !== undefined) return schema.oneOf.some((option) => inner(value, option));
  if (schema.const !== undefined) return value === schema.const;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : (typeof value as string);
  const allowed = [schema.type].flat();
  const whole = Number.isInteger(value) && allowed.includes("integer");
  if (!allowed.includes(type) && !whole) return false;
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema;
    return value >= minimum && value <= maximum && value > exclusiveMinimum;
  }
  if (Array.isArray(value)) return value.every((item) => inner(item, schema.items ?? {}));
  if (typeof value !== "object" || value === null) return true;
  const { properties = {}, required = [] } = schema;
  return (
    required.every((name) => name in value) &&
    Object.entries(value).every(([name, field]) => inner(field, properties[name] ?? { type: [] }))
  );
}

test("the schema says what the module does", async () => {
  const file = new URL(import.meta.resolve("interlock-wasm/policy.schema.json"));
  const schema = JSON.parse(await readFile(file, "utf8")) as Schema & {
    $defs: Record<string, Schema>;
  };
  const validate = (value: unknown): boolean => conforms(value, schema, schema.$defs);
  const fieldsOf = (name: string): Record<string, Schema> =>
    schema.$defs[name]?.properties ?? assert.fail(name);
  const candidates: unknown[] = [{}, [], null, 7, "", { mode: 1 }, { halt: null }, { x: 1 }];
  assert.equal(Object.keys(fieldsOf("HaltConfig")).length, 13);
  for (const [name, { minimum = 0, maximum = 0 }] of Object.entries(fieldsOf("HaltConfig"))) {
    const values: unknown[] = ["0.5", "skip", true, null, [], {}, 0.25, 1.5, 0, 1, 2, 7, 1e9, -1];
    for (const value of [...values, minimum, maximum, minimum - 1, maximum + 1]) {
      candidates.push({ halt: { [name]: value } });
    }
  }
  const sections: [section: string, definition: string, values: unknown[]][] = [
    ["channels", "ChannelPolicy", ["score", "pass", "withhold", "drop", 1]],
    ["segments", "SegmentPolicy", ["delta", "sentence", "bytes", "word", 15, 16, 65_536, 65_537]],
    ["limits", "LimitPolicy", [0, 1, 1023, 1024, 4096, 4097, 67_108_864, 67_108_865, 1500.5, "1"]],
    ["ending", "EndingPolicy", ["", "text", 1, null]],
    ["scorer", "ScorerPolicy", ["none", "builtin", "host", "nobody", [], [{ key: "a" }]]],
    ["scorer", "ScorerPolicy", [[{ key: "a", value: "b" }], [{ key: "a", value: 1 }], {}, 0]],
  ];
  for (const [section, definition, values] of sections) {
    for (const name of Object.keys(fieldsOf(definition))) {
      for (const value of values) candidates.push({ [section]: { [name]: value } });
    }
  }
  let accepted = 0;
  for (const candidate of candidates) {
    let takes = true;
    try {
      new api.Session(candidate as PolicyInput).free();
    } catch (error) {
      assert.ok(error instanceof api.PolicyError, String(error));
      takes = false;
    }
    const said = validate(candidate);
    // That the weights must sum to one no schema says.
    if (said && JSON.stringify(candidate).includes('"w_')) continue;
    assert.equal(takes, said, JSON.stringify(candidate));
    accepted += Number(takes);
  }
  assert.ok(accepted > 60, `${accepted} of ${candidates.length} were accepted`);
});

test("ledger, covenant and operad", () => {
  // A lease of a budget is one for a stream.
  holds<covenant.Lease extends api.StreamLease ? true : false>();
  holds<Equal<covenant.Decision["outcome"], "allow" | "deny" | "review">>();
  const reasonOf = (decision: covenant.Decision): covenant.DenyReason | undefined =>
    decision.outcome === "deny" ? decision.reason : undefined;
  // @ts-expect-error: a reservation comes from a budget
  const commit = (budget: covenant.Budget) => budget.commit(1n, 1);
  const append = (file: ledger.LedgerFile): void => {
    // @ts-expect-error: what is appended to a file goes through the file
    use(file.ledger.append);
  };
  // @ts-expect-error: a node's fields do not change
  const change = (node: ledger.TraceNode) => (node.id = "");
  // @ts-expect-error: there is no such kind of link
  const link: ledger.Link = { kind: "cause", target: "a" };
  const codeOf = (error: ledger.AppendError): "append-full" | undefined =>
    error.code === "append-full" ? error.code : undefined;
  const found = (report: operad.LawReport<operad.Counterexample>): void => {
    // @ts-expect-error: laws that hold have no counterexample
    use(report.counterexample);
  };
  const storage: ledger.Storage = new ledger.MemoryStorage();
  use(reasonOf, commit, append, change, link, codeOf, found, storage);
});
