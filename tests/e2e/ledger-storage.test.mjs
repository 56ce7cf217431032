// Ledgers that a browser keeps, in Chromium itself: over reloads, torn, in two tabs, and in the command line.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inRoot, root } from "../../scripts/lib/shell.mjs";
import { launchBrowser } from "./support/browser.mjs";
import { serveFiles } from "./support/files.mjs";

let files;
let browser;
let context;
before(async () => {
  files = await serveFiles(root, ["js/dist/", "js/wasm/", "tests/e2e/support/"]);
  browser = await launchBrowser();
  // What pages keep is kept as long as the context.
  context = await browser.newContext();
});
after(async () => {
  await browser?.close();
  files?.stop();
});

/** A tab, and what it does on a thread that has this kind of storage. */
async function tab(kind) {
  const page = await context.newPage();
  await page.goto(`${files.url}/tests/e2e/support/storage.html`);
  const where = kind === "opfs" ? "actInWorker" : "act";
  await page.waitForFunction((name) => globalThis[name] !== undefined, where);
  const settle = (...given) =>
    page.evaluate(([name, ...rest]) => globalThis[name](...rest), [where, ...given]);
  return {
    settle,
    async act(...given) {
      const { value, error } = await settle(...given);
      assert.equal(error, undefined, JSON.stringify(error));
      return value;
    },
    reload: () => page.reload().then(() => page.waitForFunction((name) => globalThis[name], where)),
    close: () => page.close(),
  };
}

for (const kind of ["indexedDb", "opfs"]) {
  test(`${kind}: what was acknowledged is there after a reload, and a torn tail is cut off`, async () => {
    const { act, reload, close } = await tab(kind);
    assert.equal((await act("open", kind, "reload")).created, true);
    // Larger than what joins the last row, and than a row.
    const last = await act("append", 3, 30_000);
    const large = await act("append", 2, 1_500_000);
    await reload();
    const again = await act("open", kind, "reload");
    assert.deepEqual(again, { created: false, nodes: 5, torn: 0, root: large });

    await act("tear", 10);
    await reload();
    const torn = await act("open", kind, "reload");
    assert.equal(torn.nodes, 4);
    assert.ok(torn.torn > 1_000_000);
    assert.notDeepEqual(torn.root, last);
    const next = await act("append", 1, 100);
    await act("close");
    assert.deepEqual(await act("open", kind, "reload"), {
      created: false,
      nodes: 5,
      torn: 0,
      root: next,
    });
    await close();
  });

  test(`${kind}: of two tabs one has the file, and the other gets it when that one is gone`, async () => {
    const [one, other] = [await tab(kind), await tab(kind)];
    await one.act("open", kind, "tabs");
    const before = await one.act("append", 2, 10);
    const { error } = await other.settle("open", kind, "tabs");
    if (kind === "opfs") assert.equal(error?.name, "NoModificationAllowedError");
    else assert.deepEqual([error?.name, error?.code], ["FileError", "file-locked"]);
    assert.equal((await other.act("open", kind, "another")).created, true);
    await other.act("close");
    // The first goes on as if nothing had been.
    assert.notDeepEqual(await one.act("append", 1, 10), before);
    await one.close();
    // The browser gives back what a page had some time after its end.
    const until = Date.now() + 20_000;
    let opened = await other.settle("open", kind, "tabs");
    while (opened.error && Date.now() < until) opened = await other.settle("open", kind, "tabs");
    assert.equal(opened.value?.nodes, 3, JSON.stringify(opened.error));
    await other.close();
  });

  test(`${kind}: the command line opens what the browser has exported`, async (t) => {
    const program = inRoot("target/release/interlock");
    const run = (...args) => spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
    if (!existsSync(program) || run("ledger", "--help").status !== 0) {
      t.diagnostic("skipped: the export in the command line, which is not built");
      return;
    }
    const { act, close } = await tab(kind);
    await act("open", kind, "export");
    await act("append", 5, 70_000);
    const bytes = Buffer.from(await act("exported"), "base64");
    await close();
    const folder = await mkdtemp(join(tmpdir(), "interlock-"));
    try {
      const path = join(folder, "export.ledger");
      await writeFile(path, bytes);
      const verified = run("ledger", "verify", path);
      assert.equal(verified.status, 0, verified.stderr);
      const { status, stdout, stderr } = run("ledger", "query", path);
      assert.equal(status, 0, stderr);
      const nodes = stdout.trim().split("\n").map(JSON.parse);
      assert.deepEqual(
        nodes.map(({ id }) => id),
        [0, 1, 2, 3, 4].map((at) => `node-${at}`),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("indexedDb: without locks a file that another has appended to is not appended to", async () => {
  // As on a page that came over plain HTTP from elsewhere.
  await context.addInitScript(() => {
    if (location.hash === "#no-locks") {
      Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
    }
  });
  const open = async () => {
    const page = await context.newPage();
    await page.goto(`${files.url}/tests/e2e/support/storage.html#no-locks`);
    await page.waitForFunction(() => globalThis.act);
    return (...given) => page.evaluate((given) => globalThis.act(...given), given);
  };
  const [one, other] = [await open(), await open()];
  for (const act of [one, other]) {
    assert.equal((await act("open", "indexedDb", "no locks")).error, undefined);
  }
  assert.equal((await one("append", 1, 10)).error, undefined);
  const refused = await other("append", 1, 10);
  assert.deepEqual([refused.error?.name, refused.error?.code], ["FileError", "file-locked"]);
  const { value } = await one("append", 1, 10);
  await other("close");
  const again = await other("open", "indexedDb", "no locks");
  assert.deepEqual([again.value.nodes, again.value.root], [2, value]);
});
