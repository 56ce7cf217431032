// `npm run lint`: the steps of `npm test` that look at form only.

import { exitCode, runMain } from "./lib/shell.mjs";
import { steps } from "./steps.mjs";

const names = ["rustfmt", "clippy", "eslint", "prettier"];

await runMain(async () => {
  const failed = [];
  for (const { name, run } of steps.filter((step) => names.includes(step.name))) {
    console.log(`lint: ${name}`);
    if ((await exitCode(run[0], run.slice(1))) !== 0) failed.push(name);
  }
  if (failed.length > 0) console.error(`lint: ${failed.join(", ")} failed`);
  return failed.length === 0 ? 0 : 1;
});
