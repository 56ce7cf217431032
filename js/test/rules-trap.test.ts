import assert from "node:assert/strict";
import { test } from "node:test";
import { PinnedSession, TrapError, guardStream } from "interlock-wasm";
import { CompiledRule, RuleRegistry, policyRule } from "interlock-wasm/rules";
import { throws, utf8 } from "./support.js";
import { initSync } from "#wasm-rules";

// The instance of the rules is lost in here, so this is a file of its own.

test("where the registry traps, its streams halt", async () => {
  const registry = new RuleRegistry();
  registry.reload(policyRule({ ruleId: "p", version: 1 }, {}), 0);
  registry.runSteps(0);
  const stream = PinnedSession.begin(registry, "p", "text");
  const guard = guardStream({ dialect: "text", rule: { registry, ruleId: "p" } });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  await writer.write(utf8("One."));

  // Memory that cannot grow is what traps without any defect.
  const { memory } = initSync(undefined as never);
  for (let pages = 65_536; pages >= 1; pages = Math.floor(pages / 2)) {
    try {
      for (;;) memory.grow(pages);
    } catch {
      // Less, then.
    }
  }
  throws(TrapError, () => CompiledRule.decode(new Uint8Array(50_000_000)));

  throws(TrapError, () => stream.refresh());
  assert.equal(stream.session.record().halt?.reason, "emergency-stop");
  throws(TrapError, () => stream.end());
  await assert.rejects(
    writer.write(utf8("Two.")).then(() => writer.ready),
    TrapError,
  );
  await assert.rejects(output, TrapError);
  assert.equal((await guard.record).halt?.reason, "emergency-stop");
});
