import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { interpreter } from "../lib/python.mjs";
import { inRoot, root } from "../lib/shell.mjs";

const hash = "0123456789abcdef0123456789abcdef01234567";
const good = `
jobs:
  check:
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@${hash} # v5.0.0
      - run: node scripts/test.mjs && npm run build && npm test -- core wit
  publish:
    needs: [check]
    permissions:
      id-token: write
    steps:
      - run: pip install -r python/requirements/cross.txt
`;

/** What the program says of a workflow. */
function problems(text) {
  const folder = mkdtempSync(join(tmpdir(), "workflows-"));
  try {
    const file = join(folder, "test.yml");
    writeFileSync(file, text);
    const known = JSON.stringify({ steps: ["core", "wit"], scripts: ["build"], root });
    const program = inRoot("scripts/workflows.py");
    const done = spawnSync(interpreter("workflows"), [program, known, file], { encoding: "utf8" });
    assert.equal(done.stderr, "");
    assert.equal(done.status, done.stdout === "" ? 0 : 1);
    return done.stdout.trim().replaceAll(`${file}: `, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const skip = existsSync(interpreter("workflows")) ? false : "its Python environment is not there";

test("a workflow may name what is there", { skip }, () => {
  assert.equal(problems(good), "");
});

for (const [what, from, to, expected] of [
  ["a job that is not there", "[check]", "[check, gone]", "publish needs gone, which is no job"],
  [
    "a script that is not there",
    "scripts/test",
    "scripts/gone",
    "check: scripts/gone.mjs is not there",
  ],
  [
    "an npm script that is not there",
    "run build",
    "run gone",
    "check: there is no npm script gone",
  ],
  ["a step that is not there", "core wit", "core gone", "check: there is no step gone"],
  [
    "a file of requirements that is not there",
    "cross.txt",
    "gone.txt",
    "publish: python/requirements/gone.txt is not there",
  ],
  [
    "an action by its tag",
    `${hash} # v5.0.0`,
    "v5",
    "`actions/checkout@v5` is not a commit's hash with its version in a comment",
  ],
  [
    "publishing what was not checked",
    "    needs: [check]\n",
    "",
    "publish may write and does not wait for check",
  ],
]) {
  test(`a workflow may not have ${what}`, { skip }, () => {
    assert.equal(problems(good.replace(from, to)), expected);
  });
}
