// What `npm test` chooses, reads from its steps' output, and prints at its end.

import { Problem, duration } from "./shell.mjs";

/**
 * The steps of the given names with all that they need, in the order of the list; all steps for no name.
 *
 * @throws {Problem} for an unknown name
 */
export function select(steps, names) {
  if (names.length === 0) return steps;
  const byName = new Map(steps.map((step) => [step.name, step]));
  const chosen = new Set();
  const add = (name) => {
    const step = byName.get(name);
    if (!step)
      throw new Problem(`no step is called ${name}; there are ${[...byName.keys()].join(", ")}`);
    if (chosen.has(name)) return;
    chosen.add(name);
    step.needs?.forEach(add);
  };
  names.forEach(add);
  return steps.filter(({ name }) => chosen.has(name));
}

/** How many tests a log says were run, and what it says was skipped. Understands Cargo's and Node's test runners. */
export function readCounts(text) {
  let ran = 0;
  let ignored = 0;
  const skipped = [];
  for (const line of text.split("\n")) {
    const cargo = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line);
    const node = /^(?:#|ℹ) (pass|fail|skipped|todo) (\d+)$/.exec(line.trimEnd());
    const own = /^(?:# )?skipped: (.+)$/.exec(line);
    if (cargo) {
      ran += Number(cargo[1]) + Number(cargo[2]);
      ignored += Number(cargo[3]);
    } else if (node) {
      if (node[1] === "pass" || node[1] === "fail") ran += Number(node[2]);
      else ignored += Number(node[2]);
    } else if (own) {
      skipped.push(own[1]);
    }
  }
  if (ignored > 0) skipped.push(`${ignored} tests marked as skipped or ignored`);
  return { ran, skipped: [...new Set(skipped)] };
}

/** The closing table. */
export function summary(results) {
  const rows = results.map(({ name, ms, problem, ran }) => [
    name,
    problem === undefined ? "ok" : "FAILED",
    duration(ms),
    ran > 0 ? String(ran) : "",
    problem ?? "",
  ]);
  const skipped = results.flatMap(({ name, skipped: lines }) =>
    lines.map((line) => `skipped in ${name}: ${line}`),
  );
  return [table(["step", "", "time", "tests", ""], rows, [2, 3]), ...skipped].join("\n");
}

/** Columns of text; those in `right` are aligned to the right. */
export function table(head, rows, right = []) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
