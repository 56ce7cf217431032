// The suite `operad` on the npm package.

import { refusal, spoken } from "./text.mjs";

/** What comes of an input. */
export function run(operad, input) {
  if (kinds[input.kind] === undefined) throw new Error(`the kind ${input.kind} is not known`);
  try {
    return kinds[input.kind](operad, input);
  } catch (error) {
    return { refused: refusal(error) };
  }
}

const interfaceOf = ([input, output]) => ({ input, output });
const machineOf = (machine) => ({ ...machine, interface: interfaceOf(machine.interface) });
const differenceOf = ({ inputs, left, right, exhaustive }) => ({ inputs, left, right, exhaustive });

function signatureOf({ Signature }, { theory, sorts = [], agents = [] }) {
  const signature = new Signature(theory === "checks" ? "checks" : "agents");
  for (const symbols of sorts) signature.addSort(symbols);
  for (const agent of agents) {
    signature.addAgent({ interface: interfaceOf(agent.interface), effect: agent.effect });
  }
  return signature;
}

function operadOf({ AgentOperad, Term }, { sorts = [], agents = [], samples, meaning = {} }) {
  const operad = new AgentOperad();
  for (const symbols of sorts) operad.addSort(symbols);
  for (const agent of agents) operad.addAgent(machineOf(agent));
  if (samples !== undefined && samples !== null) operad.setSamples(samples.map(machineOf));
  operad.setMeaning(
    Object.fromEntries(Object.entries(meaning).map(([name, text]) => [name, new Term(text)])),
  );
  return operad;
}

const kinds = {
  terms: ({ Term }, { texts }) =>
    texts.map((text) =>
      spoken(() => {
        const term = new Term(text);
        return `${term} / ${term.arity}`;
      }),
    ),
  compose: ({ Term }, { outer, slot, inner }) =>
    String(new Term(outer).compose(slot, new Term(inner))),
  permute: ({ Term }, { term, permutation }) => String(new Term(term).permute(permutation)),
  operations: (entry, { signature, slots, terms }) =>
    terms.map((term) =>
      spoken(() => {
        const { output } = signatureOf(entry, signature).operation(
          new entry.Term(term),
          slots.map(interfaceOf),
        );
        return JSON.stringify([output.input, output.output]);
      }),
    ),
  "normal-forms": (entry, { signature, slots, terms }) =>
    terms.map((term) =>
      spoken(() =>
        String(
          signatureOf(entry, signature).normalForm(new entry.Term(term), slots.map(interfaceOf)),
        ),
      ),
    ),
  run: (entry, { operad, slots, term, inputs }) => {
    const run = operadOf(entry, operad).run(new entry.Term(term), slots.map(machineOf));
    const outputs = run.steps(inputs);
    const traces = run.takeTraces().map(({ label, input, output }) => [label, input, output]);
    return { outputs, traces };
  },
  "verify-laws": (entry, { operad }) => {
    const report = operadOf(entry, operad).verifyLaws();
    if (report.holds) return { cases: report.cases };
    const { law, sides, samples, difference } = report.counterexample;
    return { law, sides: sides.map(String), samples, difference: differenceOf(difference) };
  },
  "verify-operad-laws": (entry, { operad: text, operations }) => {
    const operad = operadOf(entry, text);
    const all = operations.map(([term, slots]) =>
      operad.operation(new entry.Term(term), slots.map(interfaceOf)),
    );
    const report = entry.verifyLaws(operad, all);
    if (report.holds) return { equations: report.cases };
    const { law, operations: terms, slots, witness } = report.counterexample;
    return {
      law,
      operations: terms.map(String),
      slots,
      witness: witness && { ...witness, difference: differenceOf(witness.difference) },
    };
  },
  "session-checks": ({ sessionChecks }, { checks }) => String(sessionChecks(checks)),
};
