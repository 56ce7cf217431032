// The npm package in Node: rows for `npm run bench`, one JSON object a line.

import { dialectRows } from "./dialects.mjs";
import { guardRows } from "./guard.mjs";
import { monitorRows } from "./monitor.mjs";
import { nativeRows } from "./native.mjs";
import { originalRows } from "./original.mjs";
import { physicsRows } from "./physics.mjs";
import { rulesRows } from "./rules.mjs";
import { startRows } from "./start.mjs";
import { textGuardRows } from "./text-guard.mjs";

for (const rows of [
  monitorRows,
  originalRows,
  guardRows,
  textGuardRows,
  dialectRows,
  nativeRows,
  physicsRows,
  rulesRows,
  startRows,
]) {
  for (const row of await rows()) console.log(JSON.stringify(row));
}
