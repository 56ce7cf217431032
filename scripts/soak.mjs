// `npm run soak [-- ROUNDS]`: the property tests of the core with other random cases in every round. `npm test` uses one seed,
// so that it says the same of the same code; new cases are looked for here. A round that fails prints its seed, and
// `PROPTEST_RNG_SEED=… cargo test …` repeats it.

import { randomInt } from "node:crypto";
import { Problem, run, runMain } from "./lib/shell.mjs";

const TEST = "cargo test --quiet --locked -p interlock-core --all-features --tests".split(" ");

await runMain(async () => {
  const rounds = Number(process.argv[2] ?? 10);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Problem("usage: npm run soak [-- ROUNDS]");
  for (let round = 1; round <= rounds; round += 1) {
    const seed = String(randomInt(2 ** 32));
    console.log(`round ${round} of ${rounds}: PROPTEST_RNG_SEED=${seed} ${TEST.join(" ")}`);
    await run(TEST[0], TEST.slice(1), { env: { ...process.env, PROPTEST_RNG_SEED: seed } });
  }
  return 0;
});
