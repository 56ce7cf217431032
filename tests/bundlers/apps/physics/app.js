// What a user of the advanced runtime would write, the same in every host. `physics` is `interlock-wasm/physics` or
// `interlock-wasm/physics/slim`.

export const first = ({ layers }) => layers.omega();

/** What {@link run} must give, to the last bit. */
export const expected = {
  steps: 100,
  r: 0.2148429002662467,
  bar: { birth: 1, death: 1.4142135623730951 },
  step: 4,
  refused: ["theta[1]", "a finite number"],
};

export async function run(physics) {
  const { ArgumentError, InterlockError, Rips, SsgfEngine, Upde } = physics;

  const upde = new Upde({ theta: Float64Array.from({ length: 16 }, (_, n) => n / 3), seed: 42n });
  upde.run(100);
  const { theta } = upde;
  if (!(theta instanceof Float64Array) || theta.length !== 16) throw new Error("no phases");

  const engine = new SsgfEngine();
  let refused;
  try {
    upde.setTheta([0, NaN, ...new Array(14).fill(0)]);
  } catch (error) {
    refused = error instanceof ArgumentError &&
      error instanceof InterlockError && [error.argument, error.bound];
  }
  return {
    steps: upde.steps,
    r: upde.r,
    bar: new Rips().longest([0, 0, 1, 0, 1, 1, 0, 1], 2).bar,
    step: engine.run(5).step,
    refused,
  };
}
