import assert from "node:assert/strict";
import { test } from "node:test";
import { baseline } from "../lib/semver.mjs";

const crates = ["a", "b"];
const never = () => assert.fail("the registry is not asked");

test("the named revision comes before the tag, and the tag before the registry", () => {
  const named = baseline({ named: "HEAD~1", tag: "v1.0.0", crates, isPublished: never });
  assert.deepEqual(named, { crates, args: ["--baseline-rev", "HEAD~1"], from: "HEAD~1" });
  const tagged = baseline({ tag: "v1.0.0", crates, isPublished: never });
  assert.deepEqual(tagged.args, ["--baseline-rev", "v1.0.0"]);
});

test("without a tag a crate is compared with the registry's, and left out if that has none", () => {
  const found = baseline({ crates, isPublished: (name) => name === "b" });
  assert.deepEqual(found, { crates: ["b"], args: [], from: "crates.io" });
  assert.deepEqual(baseline({ crates, isPublished: () => false }).crates, []);
});
