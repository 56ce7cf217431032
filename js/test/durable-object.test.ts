import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { LedgerFile, MemoryStorage, readLedger } from "interlock-wasm/ledger";

/** A Worker whose Durable Object keeps a ledger; what it is asked is JSON. */
const WORKER = `
import { DurableObject } from "cloudflare:workers";
import { LedgerFile, SqliteStorage } from "interlock-wasm/ledger";

export class Ledger extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.storage = new SqliteStorage(ctx.storage);
  }
  async fetch(request) {
    const { id, sizes = [], truncate } = await request.json();
    if (truncate !== undefined) {
      this.storage.truncate(truncate);
      this.file = undefined;
    }
    this.file ??= await LedgerFile.open(this.storage, { id: id && Uint8Array.from(id) });
    for (const size of sizes) {
      const index = this.file.ledger.size;
      const payload = new Uint8Array(size).fill(index);
      await this.file.append({ id: "node-" + index, origin: "agent", timestamp: index, payload });
    }
    const rows = this.ctx.storage.sql.exec("SELECT length(bytes) AS length FROM interlock_ledger");
    const headers = {
      recovery: JSON.stringify(this.file.recovery),
      rows: JSON.stringify(rows.toArray().map(({ length }) => length)),
    };
    return new Response(this.file.export(), { headers });
  }
}

export default { fetch: (request, env) => env.LEDGER.get(env.LEDGER.idFromName("one")).fetch(request) };
`;

test("a ledger in a Durable Object: the same bytes, in rows of at most 1 MiB", async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: new URL(".", import.meta.url).pathname, loader: "js" },
    bundle: true,
    write: false,
    format: "esm",
    outdir: "/",
    conditions: ["workerd"],
    external: ["cloudflare:workers"],
    loader: { ".wasm": "copy" },
  });
  const worker = new Miniflare({
    compatibilityDate: "2025-06-01",
    modulesRoot: "/",
    durableObjects: { LEDGER: { className: "Ledger", useSQLite: true } },
    // The first is the one that runs.
    modules: outputFiles
      .sort((a) => (a.path.endsWith(".js") ? -1 : 1))
      .map(({ path, contents }) => ({
        type: path.endsWith(".wasm") ? ("CompiledWasm" as const) : ("ESModule" as const),
        path,
        contents,
      })),
  });
  try {
    const ask = async (body: object) => {
      const response = await worker.dispatchFetch("http://localhost/", {
        method: "POST",
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 200, response.ok ? "" : await response.clone().text());
      return {
        bytes: new Uint8Array(await response.arrayBuffer()),
        rows: JSON.parse(response.headers.get("rows") ?? "") as number[],
        recovery: JSON.parse(response.headers.get("recovery") ?? "") as {
          nodes: number;
          tornAt?: number;
        },
      };
    };
    const id = Array.from({ length: 16 }, (_, index) => index);
    const sizes = [0, 64, 20_000, 40_000, 3_000_000, 5, 70_000, 1, 2];
    const { bytes, rows } = await ask({ id, sizes });
    assert.ok(rows.length > 3 && rows.every((length) => length > 0 && length <= 1 << 20));

    const memory = new MemoryStorage();
    const file = await LedgerFile.open(memory, { id: Uint8Array.from(id) });
    for (const [index, size] of sizes.entries()) {
      const payload = new Uint8Array(size).fill(index);
      await file.append({ id: `node-${index}`, origin: "agent", timestamp: index, payload });
    }
    assert.ok(Buffer.from(bytes).equals(Buffer.from(memory.bytes)));
    assert.deepEqual((await readLedger(bytes)).ledger.root(), file.ledger.root());

    // Torn in a row, at the end of one, and in the middle of a node.
    const torn = await ask({ truncate: bytes.length - 1 });
    assert.equal(torn.recovery.nodes, 8);
    assert.ok(Buffer.from(torn.bytes).equals(Buffer.from(bytes.subarray(0, torn.bytes.length))));
    const less = await ask({ truncate: 1_000_000 });
    assert.equal(less.recovery.nodes, 4);
    const more = await ask({ sizes: [7] });
    assert.equal((await readLedger(more.bytes)).ledger.size, 5);
  } finally {
    await worker.dispose();
  }
});
