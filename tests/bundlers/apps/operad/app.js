// What a user of the operad would write, the same in every host. `operad` is `interlock-wasm/operad` or
// `interlock-wasm/operad/slim`.

export const first = ({ Term }) => Term.slot(0);

/** What {@link run} must give. */
export const expected = {
  composed: "seq(0, seq(1, 2))",
  holds: true,
  outputs: [1, 0],
  refused: "term-syntax",
};

export async function run({ AgentOperad, InterlockError, Term, TermError }) {
  const twice = Term.slot(0).then(Term.slot(1));
  const operad = new AgentOperad();
  const bit = { input: [1], output: [1] };
  const table = [
    [0, 1],
    [0, 0],
  ];
  const machine = operad.run(Term.slot(0), [{ interface: bit, states: 1, table }]);

  let refused;
  try {
    new Term("seq(0");
  } catch (error) {
    refused = error instanceof TermError && error instanceof InterlockError && error.code;
  }

  return {
    composed: String(twice.compose(1, twice)),
    holds: operad.verifyLaws().holds,
    outputs: machine.steps([0, 1]),
    refused,
  };
}
