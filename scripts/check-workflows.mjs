// The workflow files: that they are workflows (GitHub's schema), that what they name is there, and that they are secure
// (zizmor). Needs no network once its environment is there.

import { readFileSync, readdirSync } from "node:fs";
import { addEnvironment, findPython, interpreter } from "./lib/python.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";
import { steps } from "./steps.mjs";

await runMain(async () => {
  if (findPython() === undefined) {
    console.log("skipped: the check of workflow files, for there is no Python 3.11 or newer");
    return 0;
  }
  const folder = process.argv[2] ?? inRoot(".github/workflows");
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  if (files.length === 0) throw new Problem(`no workflows in ${folder}`);
  const paths = files.map((name) => `${folder}/${name}`);
  const python = await addEnvironment("workflows");
  const schema = ["--builtin-schema", "vendor.github-workflows"];
  await run(python, ["-m", "check_jsonschema", "-q", ...schema, ...paths]);
  const known = {
    steps: steps.map(({ name }) => name),
    scripts: Object.keys(JSON.parse(readFileSync(inRoot("package.json"), "utf8")).scripts),
    root: inRoot(),
  };
  await run(python, [inRoot("scripts/workflows.py"), JSON.stringify(known), ...paths]);
  const zizmor = interpreter("workflows").replace(/python(\.exe)?$/, "zizmor$1");
  const options = ["--offline", "--no-progress", "--quiet", "--persona", "pedantic"];
  await run(zizmor, [...options, ...paths]);
  console.log(`workflows: ${files.length} checked`);
  return 0;
});
