// Loading a policy artifact of 200 KB in wasm: from its bytes to what streams take, and with its envelope read and its
// signature verified before.

import { createHash } from "node:crypto";
import { atMost, takeTurns } from "../../scripts/bench-rows.mjs";
import { Ed25519Signer } from "interlock-wasm/ledger";
import {
  CompiledRule,
  Envelope,
  PolicyArtifact,
  TrustedKeys,
  policyRule,
} from "interlock-wasm/rules";

/** Compiled patterns as `core/src/guard/decode.rs` reads them: one automaton of so many states, 16 classes of bytes each. */
function tables(states) {
  const bytes = [..."ILKGUARD"].map((char) => char.charCodeAt(0));
  const u16 = (...values) => values.forEach((value) => bytes.push(value & 255, value >> 8));
  const fill = (count, value) => {
    for (let at = 0; at < count; at += 1) bytes.push(value(at));
  };
  const zero = () => 0;
  u16(1, 1); // version, patterns
  u16(1, 1, 1, 0, 0); // the trigger: classes, states, the first that spawns, spawns in 32 bits
  fill(10 + 256 + 9 + 2, zero); // starts, classes, its state, its cell
  bytes.push(0, 0, 1); // the pattern: action, check, length of its id
  u16(0, 16, states); // length of the replacement, classes, states
  fill(10, zero); // starts
  bytes.push(112); // its id
  fill(256, (byte) => byte >> 4); // classes
  fill(states, (state) => (state === 0 ? 0 : 8)); // flags
  for (let at = 0; at < states * 16; at += 1) u16(at < 16 ? 0 : (at * 7919) % states);
  return Uint8Array.from(bytes);
}

export async function rulesRows() {
  const secret = new Uint8Array(32).fill(3);
  const text = new Ed25519Signer("bench", secret).verifier.toString().split("+").slice(2).join("+");
  const publicKey = Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).subarray(1);
  const patterns = tables(6000);
  const sha256 = createHash("sha256").update(patterns).digest("hex");
  const policy = { guard: { rules: [{ sets: ["p"] }] } };
  const rule = policyRule({ ruleId: "bench", version: 1 }, policy, [{ bytes: patterns, sha256 }]);
  const bytes = rule.encode();
  const json = new Envelope(rule).sign("bench", secret).encode();
  const trusted = new TrustedKeys([{ keyId: "bench", publicKey }]);
  const ms = (work) => () => {
    const started = performance.now();
    for (let time = 0; time < 20; time += 1) work();
    return (performance.now() - started) / 20;
  };
  const best = await takeTurns({
    load: ms(() => {
      const own = CompiledRule.decode(bytes);
      new PolicyArtifact(own);
      own.free();
    }),
    verify: ms(() => {
      const envelope = Envelope.decode(json);
      const verified = trusted.verify(envelope);
      const own = verified.rule;
      new PolicyArtifact(own);
      for (const it of [envelope, verified, own]) it.free();
    }),
  });
  const size = `${Math.round(bytes.length / 1000)} KB`;
  return [
    atMost(`js/rules: loading an artifact of ${size}`, best.load.scaled, "ms", 1),
    atMost(`js/rules: verifying and loading one of ${size}`, best.verify.scaled, "ms", 3),
  ];
}
