// The package's types, as users compile against them: strict, with every declaration file checked.
import {
  type GuardOptions,
  type HaltReason,
  type PolicyInput,
  type SessionRecord,
  StreamMonitor,
  type Verdict,
  guardStream,
} from "interlock-wasm";
import { init } from "interlock-wasm/slim";

const policy: PolicyInput = { halt: { hard_limit: 0.4 }, segments: { unit: "sentence" } };
const options: GuardOptions = { policy, scorer: async ({ text }) => text.length };

export function reasonOf(verdict: Verdict): HaltReason | undefined {
  return verdict.outcome === "halt" ? verdict.reason : undefined;
}

export async function main(source: ReadableStream<Uint8Array>): Promise<SessionRecord> {
  await init(new URL("interlock.wasm", "https://example.com"));
  const monitor = new StreamMonitor();
  monitor.push(0.9);
  const guard = guardStream(options);
  await source.pipeThrough(guard).pipeTo(new WritableStream());
  return guard.record;
}
