import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamMonitor, TrapError, guardStream, guardText } from "interlock-wasm";
import { wordOverlap } from "interlock-wasm/signals";
import { assertError, drain, event, throws, utf8 } from "./support.js";
import { initSync } from "#wasm";

// The instance of this process is lost in here, so this is a file of its own.

test("after a trap every call fails closed", async () => {
  const monitor = new StreamMonitor();
  assert.equal(monitor.push(0.9).outcome, "pass");
  const guard = guardStream({ scorer: () => 0.9 });
  const writer = guard.writable.getWriter();
  const output = drain(guard.readable);
  await writer.write(utf8(event({ content: "a" })));

  // Memory that cannot grow is what traps without any defect.
  const { memory } = initSync(undefined as never);
  for (let pages = 65_536; pages >= 1; pages = Math.floor(pages / 2)) {
    try {
      for (;;) memory.grow(pages);
    } catch {
      // Less, then.
    }
  }
  await assert.rejects(guardText("x".repeat(50_000_000)), TrapError);

  throws(TrapError, () => monitor.push(0.9), { code: "trap" });
  throws(TrapError, () => monitor.pushMany([0.9]));
  throws(TrapError, () => monitor.summary());
  throws(TrapError, () => new StreamMonitor());
  throws(TrapError, () => guardStream());
  assert.equal(wordOverlap("one", "one"), 1, "another entry point has an instance of its own");
  try {
    monitor.push(0.9);
  } catch (error) {
    assert.ok(error instanceof TrapError && error.cause instanceof WebAssembly.RuntimeError);
  }

  // A stream that was running lets nothing more leave, and its record says why there is none.
  await assert.rejects(
    writer.write(utf8(event({ content: "b" }))).then(() => writer.ready),
    TrapError,
  );
  await assert.rejects(output, TrapError);
  await assert.rejects(guard.record, (error) => {
    assertError(error, TrapError);
    return true;
  });
  monitor.free();
});
