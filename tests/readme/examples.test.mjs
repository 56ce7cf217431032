// The examples of the npm package do what they say.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PhaseCoherence, judge } from "../../js/examples/phase-coherence.mjs";

const tokens = (count, probability) => new Array(count).fill(probability);

test("phase coherence drives a stream monitor", () => {
  assert.equal(judge(tokens(400, 0.95)), undefined, "a model that is sure is never stopped");
  const doubt = [...tokens(20, 0.9), 0.2, ...tokens(40, 0.9)];
  assert.equal(judge(doubt), undefined, "one unsure token passes");
  const lost = [...tokens(20, 0.9), ...tokens(60, 0.1)];
  const halt = judge(lost);
  assert.ok(halt !== undefined, "many in a row halt the stream");
  assert.ok(halt.index >= 22 && halt.index < 60, `at token ${halt.index}`);
  assert.ok(["hard-limit", "window-average", "downward-trend"].includes(halt.reason));
  assert.deepEqual(judge(lost), halt, "again, to the last bit");
  const patient = judge(lost, { trend_threshold: 2, hard_limit: 0 });
  assert.equal(patient?.reason, "window-average");
  assert.ok(patient.index > halt.index);
});

test("the score recovers", () => {
  const coherence = new PhaseCoherence();
  const run = (count, probability) => {
    let last = 0;
    for (let i = 0; i < count; i += 1) last = coherence.score(probability);
    return last;
  };
  const sure = run(20, 0.95);
  const unsure = run(30, 0.1);
  const again = run(60, 0.95);
  assert.ok(sure > 0.9 && unsure < 0.7 && again > 0.9, `${sure}, ${unsure}, ${again}`);
  coherence.free();
});

test("the rules of the package's README, one snippet after the other", async () => {
  const readme = await readFile(new URL("../../js/README.md", import.meta.url), "utf8");
  const [, section] = readme.split("## Rules\n");
  const [own] = section.split("\n## ");
  const snippets = [...own.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.equal(snippets.length, 2);
  const code = [
    ...snippets,
    "const of = (versions) => versions.map(({ fromSegment, version }) => [fromSegment, version]);",
    "console.log(JSON.stringify([of(stream.versions), of(record.versions), rules.list()[0].pinned]));",
  ].join("\n");
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd });
  // The first stream had no segment before it adopted the second version.
  const expected = [
    [
      [0, 1],
      [0, 2],
    ],
    [[0, 2]],
    0,
  ];
  assert.deepEqual(JSON.parse(out), expected);
});
