import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, CallbackError, PolicyError, guardText } from "interlock-wasm";
import { assertError, sleep } from "./support.js";

const score = ({ text }: { text: string }): number => (text.includes("green") ? 0.1 : 0.9);
const policy = { segments: { unit: "sentence" }, ending: { message: " [stopped]" } } as const;

test("sentences before the one that fails are kept", async () => {
  for (const scorer of [
    score,
    (segment: { text: string }) => sleep(1).then(() => score(segment)),
  ]) {
    const { text, record, events } = await guardText("Grass is soft. The sky is green. End.", {
      policy,
      scorer,
    });
    assert.equal(text, "Grass is soft. [stopped]");
    assert.equal(record.halt?.reason, "hard-limit");
    assert.deepEqual(
      events.map(({ verdict }) => verdict.outcome),
      ["pass", "halt"],
    );
  }
});

test("a text as a whole is one segment, however long", async () => {
  const whole = "wörd ".repeat(50_000);
  const lengths: number[] = [];
  const { text } = await guardText(whole, {
    scorer: ({ text }) => {
      lengths.push(text.length);
      return 0.9;
    },
  });
  assert.equal(text, whole);
  assert.deepEqual(lengths, [whole.length]);
});

test("no scorer, an empty text, a byte order mark", async () => {
  assert.equal((await guardText("a")).text, "a");
  assert.equal((await guardText("", { scorer: score })).record.state, "completed");
  assert.equal((await guardText("\ufeffa")).text, "\ufeffa");
});

test("what is refused", async () => {
  for (const text of ["a\ud83d", "\ude00", 5, null, undefined]) {
    await assert.rejects(guardText(text as string), (error) => {
      assertError(error, ArgumentError, { argument: "text" });
      return true;
    });
  }
  await assert.rejects(guardText("a", { policy: { halt: { hard_limit: 2 } } }), PolicyError);
  await assert.rejects(guardText("a", { scorr: score } as never), ArgumentError);
  await assert.rejects(
    guardText("a", {
      scorer: score,
      onVerdict: () => {
        throw new Error("broken");
      },
    }),
    CallbackError,
  );
});
