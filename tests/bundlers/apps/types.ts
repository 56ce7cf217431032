// The package's types, as users compile against them: strict, with every declaration file checked.
import {
  CoherenceScorer,
  type GuardOptions,
  type HaltReason,
  type PolicyInput,
  type SessionRecord,
  StreamMonitor,
  type Verdict,
  guardStream,
} from "interlock-wasm";
import { Budget, type Decision, type Lease } from "interlock-wasm/covenant";
import { AppendError, LedgerFile, type Storage, type TraceNode } from "interlock-wasm/ledger";
import type { Term } from "interlock-wasm/operad";
import { type LawReport, type Counterexample } from "interlock-wasm/operad";
import {
  type SecResult,
  Sec,
  type TcboConfig,
  Upde,
  type UpdeOptions,
} from "interlock-wasm/physics";
import { initSync as placePhysics } from "interlock-wasm/physics/slim";
import { Bm25, type Bm25Hit, type SanitizerFinding, sanitize } from "interlock-wasm/signals";
import { type Attributes, recordAttributes } from "interlock-wasm/otel";
import { initSync } from "interlock-wasm/signals/slim";
import { init } from "interlock-wasm/slim";

const policy: PolicyInput = { halt: { hard_limit: 0.4 }, segments: { unit: "sentence" } };
const options: GuardOptions = { policy, scorer: async ({ text }) => text.length };

export function reasonOf(verdict: Verdict): HaltReason | undefined {
  return verdict.outcome === "halt" ? verdict.reason : undefined;
}

export function found(bytes: ArrayBuffer, text: string): readonly SanitizerFinding[] {
  initSync(bytes);
  const index = new Bm25({ k1: 1.5 });
  index.insert("text", text);
  const hits: Bm25Hit[] = index.search("word", 3);
  new CoherenceScorer({ knowledge: index }).reviewSync("prompt", hits[0]?.text ?? "");
  return sanitize(text).findings;
}

export function coherence(bytes: ArrayBuffer, options: UpdeOptions): SecResult {
  placePhysics(bytes);
  const upde = new Upde({
    ...options,
    seed: 7n,
    config: { dt: 0.001, noise_amplitude: undefined },
  });
  const theta: Float64Array = upde.theta;
  return new Sec().evaluate(theta, { velocity: upde.velocity }, 0.01);
}

export const reason = (decision: Decision): string =>
  decision.outcome === "deny" ? decision.reason : decision.outcome;

export function leased(options: GuardOptions): GuardOptions {
  using budget = new Budget({ tokens: 10n });
  const lease: Lease = budget.lease({ tokens: 5 }, Date.now(), 1_000, "spend");
  return { ...options, lease, onReview: () => ({ approver: "ada", approves: true }) };
}

export async function kept(storage: Storage): Promise<TraceNode | undefined> {
  const file = await LedgerFile.open(storage, { sync: { every: 8 } });
  try {
    await file.append({
      id: "a",
      origin: "b",
      timestamp: 0,
      links: [{ kind: "causes", target: "c" }],
    });
  } catch (error) {
    if (error instanceof AppendError && error.code === "append-unknown-target") return undefined;
  }
  return file.ledger.byId("a");
}

export const broken = (report: LawReport<Counterexample>): readonly Term[] =>
  report.holds ? [] : report.counterexample.operations;

export const estimator: TcboConfig["estimator"] = "spread";

export async function main(source: ReadableStream<Uint8Array>): Promise<SessionRecord> {
  await init(new URL("interlock.wasm", "https://example.com"));
  const monitor = new StreamMonitor();
  monitor.push(0.9);
  const guard = guardStream(options);
  await source.pipeThrough(guard).pipeTo(new WritableStream());
  return guard.record;
}

export const attributesOf = (record: SessionRecord): Attributes => recordAttributes(record);
