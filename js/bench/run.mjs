// The npm package in Node: rows for `npm run bench`, one JSON object a line. With names only those files' rows:
// `npm run --silent bench --workspace js -- dialects`.

import { dialectRows } from "./dialects.mjs";
import { guardRows } from "./guard.mjs";
import { monitorRows } from "./monitor.mjs";
import { nativeRows } from "./native.mjs";
import { originalRows } from "./original.mjs";
import { physicsRows } from "./physics.mjs";
import { rulesRows } from "./rules.mjs";
import { startRows } from "./start.mjs";
import { textGuardRows } from "./text-guard.mjs";

const all = {
  monitor: monitorRows,
  original: originalRows,
  guard: guardRows,
  "text-guard": textGuardRows,
  dialects: dialectRows,
  native: nativeRows,
  physics: physicsRows,
  rules: rulesRows,
  start: startRows,
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(all, name));
if (unknown !== undefined)
  throw new Error(`there are no rows ${unknown}; there are ${Object.keys(all).join(", ")}`);
for (const name of names.length === 0 ? Object.keys(all) : names) {
  for (const row of await all[name]()) console.log(JSON.stringify(row));
}
