// Replays fixtures on the npm package: the same inputs, results and digests as `interlock replay`.
//
// Only the package's public API and what every host has are used, so the file runs unchanged in Node, browsers and
// Workers. A result is written as host/src/replay writes it; where the two disagree, one of the hosts is wrong.

import { run as covenant } from "./covenant.mjs";
import { run as geometry } from "./geometry.mjs";
import { run as halt } from "./halt.mjs";
import { run as ledger } from "./ledger.mjs";
import { run as observers } from "./observers.mjs";
import { run as operad } from "./operad.mjs";
import { run as physics } from "./physics.mjs";
import { run as rules } from "./rules.mjs";
import { run as score } from "./score.mjs";
import { run as session } from "./session.mjs";
import { hexOf } from "./text.mjs";

const FORMAT = "interlock-fixture/1";

const suites = {
  covenant: (entries, input) => covenant(entries.covenant, input),
  geometry: ({ physics }, input) => geometry(physics, input),
  halt: ({ interlock }, input) => halt(interlock, input),
  ledger: (entries, input) => ledger(entries.ledger, input),
  observers: ({ physics }, input) => observers(physics, input),
  operad: (entries, input) => operad(entries.operad, input),
  physics: (entries, input) => physics(entries.physics, input),
  rules: (entries, input) => rules(entries.rules, input),
  score,
  session: ({ interlock }, input) => session(interlock, input),
};

/** Replays `[{ name, fixture }]` on the package given as its entry points: `{ interlock, covenant, … }`, namespace objects. */
export async function replay(entries, files) {
  const done = {};
  const failures = [];
  for (const { name: file, fixture } of files) {
    if (fixture.format !== FORMAT)
      throw new Error(`${file}: the format ${fixture.format} is not known`);
    const run = suites[fixture.suite];
    if (run === undefined) throw new Error(`${file}: the suite ${fixture.suite} is not known`);
    const suite = (done[fixture.suite] ??= { lines: [], cases: 0, holds: 0 });
    for (const { name, input, expect } of fixture.cases) {
      const got = canonical(await run(entries, input));
      suite.lines.push(`${name}\t${got}\n`);
      suite.cases += 1;
      if (got === canonical(expect)) suite.holds += 1;
      else failures.push({ file, case: name, expected: canonical(expect), got });
    }
  }
  for (const suite of Object.values(done)) {
    suite.digest = await digest(suite.lines.join(""));
    delete suite.lines;
  }
  return { suites: done, failures };
}

async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hexOf(new Uint8Array(hash));
}

/** JSON with sorted keys and no spaces. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
