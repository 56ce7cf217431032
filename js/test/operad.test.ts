import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AgentOperad,
  ArgumentError,
  type Machine,
  OperadError,
  Signature,
  Term,
  TermError,
  sessionChecks,
  verifyLaws,
} from "interlock-wasm/operad";
import { throws } from "./support.js";

const BIT = { input: [1], output: [1] };
const NOT: Machine = {
  interface: BIT,
  states: 1,
  table: [
    [0, 1],
    [0, 0],
  ],
};

test("terms: composed, permuted, written", () => {
  const twice = Term.slot(0).then(Term.slot(1));
  assert.equal(String(twice.compose(1, twice)), "seq(0, seq(1, 2))");
  assert.equal(String(twice.permute([1, 0])), "seq(1, 0)");
  assert.equal(JSON.stringify(Term.identity([1, 1]).beside(Term.agent(2))), '"par(id(1 1), a2)"');
  const loop = Term.slot(0).fix(3, Term.slot(1)).traced(7);
  assert.deepEqual([loop.text, loop.arity, loop.size], ["trace(7, fix(3, 0, 1))", 2, 4]);
  assert.ok(Object.isFrozen(loop));
});

test("ill-formed and ill-typed terms", () => {
  throws(TermError, () => new Term("seq(0"), { code: "term-syntax", value: 5 });
  throws(OperadError, () => new Term("0").compose(1, new Term("0")), {
    ...{ code: "operad-unknown-slot", value: 1, bound: 1 },
  });
  throws(OperadError, () => new Term("seq(0, 1)").permute([0, 0]), {
    code: "operad-not-a-permutation",
  });
  throws(ArgumentError, () => new Term("0").then("1" as never), { argument: "seq" });
  using signature = new Signature();
  throws(OperadError, () => signature.typing(new Term("a0")), { code: "operad-unknown-agent" });
  throws(OperadError, () => signature.operation(new Term("seq(0, 0)"), [BIT]), {
    code: "operad-slot-uses",
    value: 0,
    bound: 2,
  });
  throws(
    OperadError,
    () => signature.addAgent({ interface: { input: [9], output: [] }, effect: "pure" }),
    {
      code: "operad-unknown-sort",
    },
  );
});

test("equal terms have one normal form", () => {
  using signature = new Signature();
  const of = (text: string) => signature.normalForm(new Term(text), [BIT, BIT, BIT]).text;
  assert.equal(of("seq(seq(0, 1), 2)"), of("seq(0, seq(id(1), seq(1, 2)))"));
  assert.notEqual(of("seq(0, seq(1, 2))"), of("seq(1, seq(0, 2))"));
});

test("the laws of the five operations, and a broken one", () => {
  using operad = new AgentOperad();
  assert.equal(operad.verifyLaws().holds, true);
  // A sequence that does the second twice.
  operad.setMeaning({ seq: new Term("seq(0, seq(1, 1))") });
  const report = operad.verifyLaws();
  assert.ok(!report.holds);
  const { law, sides, difference } = report.counterexample;
  assert.match(law, /^seq-/);
  assert.ok(sides.every((side) => side instanceof Term));
  assert.notEqual(difference.left, difference.right);
});

test("the laws of operads on operations", () => {
  using operad = new AgentOperad();
  using sequence = operad.operation(Term.slot(0).then(Term.slot(1)), [BIT, BIT]);
  using swapped = sequence.permute([1, 0]);
  assert.equal(String(swapped.compose(0, sequence).term), "seq(2, seq(0, 1))");
  assert.deepEqual(verifyLaws(operad, [sequence, swapped]).holds, true);
  // The operations are still there.
  assert.deepEqual(sequence.output, BIT);
});

test("a term runs over machines", () => {
  using operad = new AgentOperad();
  using run = operad.run(Term.slot(0).traced(7), [NOT]);
  assert.deepEqual(run.steps([0, 1, 1n]), [1, 0, 0]);
  assert.deepEqual(run.takeTraces()[0], { label: 7, input: 0, output: 1 });
  assert.deepEqual(run.takeTraces(), []);
  throws(OperadError, () => operad.run(Term.slot(0), [{ ...NOT, table: [[0, 1]] }]), {
    code: "operad-bad-table",
  });
  throws(ArgumentError, () => run.step(-1), { argument: "inputs[0]" });
});

test("the session's checks are a term", () => {
  const checks = sessionChecks(["gate", "monitor"]);
  using signature = Signature.ofSession();
  assert.equal(signature.theory, "checks");
  assert.equal(signature.normalForm(checks).text, "trace(0, seq(a0, a2))");
});
