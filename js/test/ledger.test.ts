import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  AppendError,
  ArgumentError,
  CheckpointError,
  Ed25519Signer,
  Ed25519Verifier,
  FileError,
  FreedError,
  type InterlockError,
  KeyError,
  LedgerFile,
  LogError,
  MemoryStorage,
  NodeError,
  Note,
  OpfsStorage,
  ProofError,
  ReadError,
  SignedNoteError,
  type Storage,
  TileError,
  TraceLedger,
  type TraceNodeInput,
  checkpointToNote,
  encodeHeader,
  entries,
  leafHash,
  newTiles,
  openCheckpoint,
  parseTile,
  readLedger,
  tilePath,
  verifyConsistency,
  verifyInclusion,
  withPayload,
} from "interlock-wasm/ledger";
import { assertError, random, throws } from "./support.js";

const node = (index: number, more: Partial<TraceNodeInput> = {}): TraceNodeInput => ({
  id: `node-${index}`,
  origin: "agent",
  timestamp: index,
  ...more,
});

const ledgerOf = (count: number): TraceLedger => {
  const ledger = new TraceLedger();
  ledger.appendMany(Array.from({ length: count }, (_, index) => node(index)));
  return ledger;
};

async function rejects(
  work: Promise<unknown>,
  type: new (...args: never[]) => InterlockError,
  fields: Record<string, unknown>,
): Promise<void> {
  await assert.rejects(work, (error) => {
    assertError(error, type, fields);
    return true;
  });
}

test("nodes come back as they went in, frozen", () => {
  using ledger = new TraceLedger();
  const payload = Uint8Array.of(0, 255, 7);
  ledger.append(node(0, { kind: "intent", tags: ["b", "a"], payload }));
  ledger.append(node(1, { links: [{ kind: "fulfills", target: "node-0" }], payload: "é" }));
  const first = ledger.get(0) ?? assert.fail();
  assert.deepEqual(first, {
    ...{ id: "node-0", origin: "agent", kind: "intent", timestamp: 0 },
    ...{ tags: ["a", "b"], links: [], payload },
  });
  for (const value of [first, first.tags, first.links]) assert.ok(Object.isFrozen(value));
  assert.deepEqual(ledger.byId("node-1")?.payload, Uint8Array.of(0xc3, 0xa9));
  assert.deepEqual(
    Array.from(ledger, ({ id }) => id),
    ["node-0", "node-1"],
  );
  assert.equal(ledger.get(2), undefined);
  assert.equal(ledger.lastTimestamp("agent"), 1);
});

test("a proof is the same in one piece, and verified in either", () => {
  using ledger = ledgerOf(21);
  const root = ledger.root();
  for (const index of [0, 7, 20]) {
    const path = ledger.inclusionPath(index);
    assert.deepEqual(path, ledger.inclusionPath(index, 21));
    const proof = ledger.inclusionProof(index);
    assert.deepEqual(Buffer.concat(proof), Buffer.from(path));
    const leaf = leafHash(ledger.entry(index) ?? assert.fail());
    verifyInclusion(leaf, index, 21, proof, root);
    verifyInclusion(leaf, index, 21, path, root);
    throws(ProofError, () => {
      verifyInclusion(leaf, index, 21, path.subarray(32), root);
    });
    throws(
      ArgumentError,
      () => {
        verifyInclusion(leaf, index, 21, path.subarray(1), root);
      },
      { argument: "proof" },
    );
  }
  throws(LogError, () => ledger.inclusionPath(21));
  const older = Buffer.concat(ledger.consistencyProof(5));
  verifyConsistency(5, ledger.rootAt(5), 21, root, older);
});

test("proofs of many nodes are those of each", () => {
  using ledger = ledgerOf(21);
  for (const size of [undefined, 21, 13n]) {
    const indices = [0, 12, 7, 7];
    const paths = ledger.inclusionPaths(indices, size);
    const expected = indices.map((index) => ledger.inclusionPath(index, size));
    assert.equal(paths.length, 4);
    assert.deepEqual(Array.from(paths), expected);
    assert.deepEqual(
      [0, 1, 2, 3].map((position) => paths.at(position)),
      expected,
    );
    assert.deepEqual(Buffer.from(paths.bytes), Buffer.concat(expected));
    assert.equal(paths.at(4), undefined);
    assert.equal(paths.at(-1), undefined);
  }
  const found = ledger.queryIndices({ limit: 3 });
  assert.equal(ledger.inclusionPaths(found).length, 3);
  assert.deepEqual(Array.from(ledger.inclusionPaths([])), []);
  assert.equal(ledger.inclusionPaths(new Uint32Array(4096)).length, 4096);
  throws(LogError, () => ledger.inclusionPaths([0, 21]));
  throws(LogError, () => ledger.inclusionPaths([0], 22));
  for (const wrong of ["0", null, new Uint32Array(4097), Uint8Array.of(1), { length: 1 }]) {
    throws(ArgumentError, () => ledger.inclusionPaths(wrong as number[]), { argument: "indices" });
  }
  for (const wrong of [
    [0, -1],
    [0, 0.5],
    [0, 2 ** 32],
    [0, NaN],
    [0, "1"],
    new Array<number>(2).fill(0, 0, 1),
  ]) {
    throws(ArgumentError, () => ledger.inclusionPaths(wrong as number[]), {
      argument: "indices[1]",
    });
  }
});

test("nodes without lists are held to the same as others", () => {
  using ledger = new TraceLedger();
  const plain = { id: "a", origin: "b", timestamp: 1 };
  ledger.appendMany([plain, { ...plain, id: "é", kind: "ü", payload: Uint8Array.of(1) }]);
  assert.equal(ledger.get(1)?.kind, "ü");
  const wrong: [object | null | string, string][] = [
    [{ ...plain, id: 1 }, "nodes[1].id"],
    [{ ...plain, origin: "\udc00" }, "nodes[1].origin"],
    [{ ...plain, kind: null }, "nodes[1].kind"],
    [{ ...plain, timestamp: 0.5 }, "nodes[1].timestamp"],
    [{ ...plain, payload: [1] }, "nodes[1].payload"],
    [{ ...plain, tag: "x" }, "nodes[1].tag"],
    [[plain], "nodes[1]"],
    [null, "nodes[1]"],
    ["a", "nodes[1]"],
  ];
  for (const [node, argument] of wrong) {
    const nodes = [{ ...plain, id: "c" }, node as TraceNodeInput];
    throws(ArgumentError, () => ledger.appendMany(nodes), { argument });
    assert.equal(ledger.size, 2, "none of them was appended");
  }
});

test("laws of the ledger: typed errors, and nothing changes", () => {
  using ledger = ledgerOf(2);
  const root = ledger.root();
  const link = (target: string) => [{ kind: "causes", target }] as const;
  throws(AppendError, () => ledger.append(node(1)), {
    ...{ code: "append-duplicate-id", subject: "node-1", value: 1 },
  });
  throws(AppendError, () => ledger.append(node(2, { timestamp: 0 })), {
    ...{ code: "append-time-backwards", subject: "agent", value: 0, bound: 1 },
  });
  throws(AppendError, () => ledger.append(node(2, { links: link("node-9") })), {
    ...{ code: "append-unknown-target", subject: "causes node-9" },
  });
  throws(
    AppendError,
    () => ledger.append({ id: "x", origin: "other", timestamp: 0, links: link("node-1") }),
    { code: "append-target-later" },
  );
  throws(NodeError, () => ledger.append(node(2, { links: link("node-2") })), {
    code: "node-link-to-itself",
  });
  throws(NodeError, () => ledger.append(node(2, { tags: ["a", "a"] })), { subject: "tags a" });
  throws(NodeError, () => ledger.append(node(2, { timestamp: 2 ** 53 })), {
    code: "node-timestamp",
  });
  throws(NodeError, () => ledger.append(node(2, { id: "" })), { code: "node-empty" });
  throws(NodeError, () => ledger.append(node(2, { kind: "x".repeat(70_000) })), {
    code: "node-header-too-large",
  });
  assert.equal(ledger.size, 2);
  assert.deepEqual(ledger.root(), root);
});

test("what is no node never crosses", () => {
  using ledger = new TraceLedger();
  const bad: [unknown, string][] = [
    [undefined, "node"],
    [{ ...node(0), id: 7 }, "node.id"],
    [{ ...node(0), id: "\ud800" }, "node.id"],
    [{ ...node(0), timestamp: 0.5 }, "node.timestamp"],
    [{ ...node(0), timestamp: NaN }, "node.timestamp"],
    [{ ...node(0), tag: "a" }, "node.tag"],
    [{ ...node(0), tags: "a" }, "node.tags"],
    [{ ...node(0), links: [{ kind: "cause", target: "a" }] }, "node.links[0].kind"],
    [{ ...node(0), payload: [1] }, "node.payload"],
  ];
  for (const [value, argument] of bad) {
    throws(ArgumentError, () => ledger.append(value as TraceNodeInput), { argument });
  }
  assert.equal(ledger.size, 0);
});

test("a batch stops at the first that is refused and keeps those before it", () => {
  using ledger = ledgerOf(1);
  const nodes = [node(1), node(1), node(2)];
  throws(AppendError, () => ledger.appendMany(nodes), { code: "append-duplicate-id" });
  assert.equal(ledger.size, 2);
});

test("queries walk what was there, with limit and offset", () => {
  using ledger = new TraceLedger();
  for (let index = 0; index < 300; index += 1) {
    const links = index < 2 ? [] : ([{ kind: "continues", target: "n0" }] as const);
    const kind = index % 2 === 0 ? "even" : "odd";
    ledger.append({ id: `n${index}`, origin: "a", timestamp: index, kind, tags: [kind], links });
  }
  const ids = (query: Parameters<TraceLedger["query"]>[0]) =>
    Array.from(ledger.query(query), ([index, { id }]) => `${index} ${id}`);
  assert.deepEqual(ids({ kind: "odd", since: 10, until: 14 }), ["11 n11", "13 n13"]);
  assert.deepEqual(ids({ tag: "even", offset: 1, limit: 2 }), ["2 n2", "4 n4"]);
  assert.equal(ids({ linksTo: "n0" }).length, 298);
  assert.equal(ids({ linksTo: "n0", linkKind: "causes" }).length, 0);
  assert.deepEqual(ids({ linksFrom: "n9" }), ["0 n0"]);
  assert.deepEqual(ids({ origin: "nobody" }), []);
  const walk = ledger.query();
  ledger.append({ id: "later", origin: "a", timestamp: 300 });
  assert.equal([...walk].length, 300);
  throws(ArgumentError, () => ledger.query({ knd: "odd" } as never), { argument: "query.knd" });
});

test("proofs hold, and no forged one does", () => {
  using ledger = ledgerOf(100);
  const root = ledger.root();
  const next = random(1);
  for (let at = 0; at < 50; at += 1) {
    const size = 1 + Math.floor(next() * 100);
    const index = Math.floor(next() * size);
    const leaf = leafHash(ledger.entry(index) ?? assert.fail());
    const proof = ledger.inclusionProof(index, size);
    verifyInclusion(leaf, index, size, proof, ledger.rootAt(size));
    const other = leafHash(ledger.entry((index + 1) % 100) ?? assert.fail());
    throws(
      ProofError,
      () => {
        verifyInclusion(other, index, size, proof, ledger.rootAt(size));
      },
      { code: "proof-root" },
    );
    verifyConsistency(size, ledger.rootAt(size), 100, root, ledger.consistencyProof(size));
  }
  const leaf = leafHash(ledger.entry(0) ?? assert.fail());
  const huge = 2n ** 64n - 1n;
  throws(
    ProofError,
    () => {
      verifyInclusion(leaf, huge, huge, [], root);
    },
    { code: "proof-index" },
  );
  throws(
    ArgumentError,
    () => {
      verifyInclusion(leaf.subarray(1), 0, 1, [], root);
    },
    { argument: "leaf" },
  );
  throws(LogError, () => ledger.inclusionProof(100), { code: "log-index", value: 100 });
  throws(LogError, () => ledger.rootAt(101), { code: "log-size", value: 101, bound: 100 });
});

test("a header and its payload, which may come from elsewhere", () => {
  const header = encodeHeader(node(1, { payload: "abc" }));
  assert.equal(withPayload(header, new TextEncoder().encode("abc")).id, "node-1");
  throws(NodeError, () => withPayload(header, new TextEncoder().encode("abd")), {
    code: "node-wrong-payload",
  });
});

test("checkpoints: signed, opened, and no forged one", () => {
  const origin = "example.com/ledger";
  const signer = new Ed25519Signer(origin, new Uint8Array(32).fill(1));
  using ledger = ledgerOf(3);
  using note = checkpointToNote({ origin, size: ledger.size, root: ledger.root() });
  const signed = note.sign(signer).encode();
  const known = [new Ed25519Verifier(String(signer.verifier))];
  const opened = openCheckpoint(signed, origin, known);
  assert.deepEqual([opened.size, opened.root], [3, ledger.root()]);
  assert.deepEqual(Note.parse(signed).verify(known), [0]);

  const forged = signed.replace("\n3\n", "\n4\n");
  throws(SignedNoteError, () => openCheckpoint(forged, origin, known), { code: "note-forged" });
  const other = new Ed25519Signer(origin, new Uint8Array(32).fill(2)).verifier;
  throws(SignedNoteError, () => openCheckpoint(signed, origin, [other]), {
    code: "note-unsigned",
  });
  throws(CheckpointError, () => openCheckpoint(signed, "example.com/other", known), {
    ...{ code: "checkpoint-origin", subject: origin },
  });
  throws(KeyError, () => new Ed25519Verifier("no key"), { code: "key-format" });
  throws(KeyError, () => new Ed25519Signer("a b", new Uint8Array(32)), { code: "key-name" });
  assert.equal(JSON.stringify({ signer }).includes("PRIVATE"), false);
  throws(
    CheckpointError,
    () => checkpointToNote({ origin: "a\nb", size: 0, root: ledger.root() }),
    {
      code: "checkpoint-line",
    },
  );
});

test("tiles", () => {
  using ledger = ledgerOf(300);
  const paths = [...newTiles(0, 300)];
  assert.equal(paths[0], "tile/0/000");
  const bundle = ledger.tile("tile/entries/001.p/44");
  assert.deepEqual(entries(bundle)[43], ledger.entry(299));
  for (const path of paths) assert.equal(tilePath(parseTile(path)), path);
  throws(TileError, () => parseTile("tile/0/1"), { code: "tile-path" });
  throws(LogError, () => ledger.tile("tile/0/002"), { code: "log-size" });
  throws(TileError, () => entries(Uint8Array.of(0, 9, 1)), { code: "tile-bundle", value: 0 });
});

test("freed ledgers are not used", () => {
  const ledger = ledgerOf(1);
  ledger.free();
  throws(FreedError, () => ledger.size);
});

test("a file: acknowledged, opened again, exported", async () => {
  const storage = new MemoryStorage();
  const file = await LedgerFile.open(storage, { id: new Uint8Array(16).fill(9) });
  assert.ok(file.recovery.created);
  const indices = await Promise.all([file.append(node(0)), file.append(node(1))]);
  assert.deepEqual([indices, file.acknowledged], [[0, 1], 2]);
  await rejects(file.append(node(1)), AppendError, { code: "append-duplicate-id" });
  await rejects(file.appendMany([node(2), node(2)]), AppendError, {});
  assert.equal(file.acknowledged, 3);
  const { ledger, torn, length } = await readLedger(file.export());
  assert.deepEqual([ledger.root(), torn, length], [file.ledger.root(), 0, storage.bytes.length]);

  const checkpoint = { size: 3, root: file.ledger.root() };
  const again = await LedgerFile.open(new MemoryStorage(storage.bytes), { checkpoint });
  assert.deepEqual(again.recovery, {
    ...{ created: false, nodes: 3, tornAt: undefined, tornBytes: 0 },
  });
  const shorter = ledgerFileBytes(storage.bytes, 40);
  await rejects(LedgerFile.open(new MemoryStorage(shorter), { checkpoint }), FileError, {
    code: "file-checkpoint",
  });
});

const ledgerFileBytes = (bytes: Uint8Array, length: number): Uint8Array => bytes.slice(0, length);

test("files that are hostile: torn, flipped, of another version", async () => {
  const storage = new MemoryStorage();
  const file = await LedgerFile.open(storage);
  for (let index = 0; index < 3; index += 1) await file.append(node(index, { payload: "x" }));
  const whole = storage.bytes;

  const torn = new MemoryStorage(whole.slice(0, -1));
  const opened = await LedgerFile.open(torn);
  assert.equal(opened.recovery.nodes, 2);
  assert.equal(opened.recovery.tornAt, torn.bytes.length);

  const flipped = whole.slice();
  flipped[60] = (flipped[60] ?? 0) ^ 1;
  const corrupt = new MemoryStorage(flipped);
  await rejects(LedgerFile.open(corrupt), ReadError, { code: "file-corrupt", value: 40 });
  assert.deepEqual(corrupt.bytes, flipped, "nothing was touched");

  await rejects(
    readLedger(new TextEncoder().encode("a text, nothing else at all, really, no ledger")),
    ReadError,
    {
      code: "file-not-a-ledger",
    },
  );
  await rejects(readLedger([] as never), ArgumentError, { argument: "source" });
});

test("a storage that fails: what is not durable is not acknowledged", async () => {
  const memory = new MemoryStorage();
  let broken = false;
  const storage: Storage = {
    read: (offset, most) => memory.read(offset, most),
    append: (bytes) => {
      if (broken) throw new Error("no room");
      memory.append(bytes);
    },
    sync: () => Promise.resolve(),
    truncate: (length) => {
      memory.truncate(length);
    },
  };
  const file = await LedgerFile.open(storage);
  await file.append(node(0));
  broken = true;
  await rejects(file.append(node(1)), FileError, { code: "file-storage" });
  broken = false;
  await rejects(file.append(node(2)), FileError, { code: "file-failed" });
  assert.equal(file.acknowledged, 1);
  assert.equal((await LedgerFile.open(new MemoryStorage(memory.bytes))).ledger.size, 1);
});

test("policies of syncing", async () => {
  const storage = new MemoryStorage();
  const file = await LedgerFile.open(storage, { sync: { every: 3 } });
  const head = storage.bytes.length;
  await file.append(node(0));
  await file.append(node(1));
  assert.deepEqual([file.acknowledged, storage.bytes.length], [0, head]);
  await file.append(node(2));
  assert.equal(file.acknowledged, 3);
  await rejects(LedgerFile.open(storage, { sync: { every: 0 } }), ArgumentError, {
    argument: "options.sync",
  });
});

/** A file of the origin's private file system, in memory. */
function syncHandle() {
  const memory = new MemoryStorage();
  return {
    getSize: () => memory.bytes.length,
    read: (buffer: Uint8Array, { at = 0 } = {}) => {
      const bytes = memory.read(at, buffer.length);
      buffer.set(bytes);
      return bytes.length;
    },
    // A part of it at a time, as it may.
    write: (buffer: Uint8Array, { at = 0 } = {}) => {
      assert.equal(at, memory.bytes.length);
      const part = buffer.subarray(0, 1_000);
      memory.append(part);
      return part.length;
    },
    flush: () => undefined,
    truncate: (size: number) => {
      memory.truncate(size);
    },
    close: () => undefined,
    bytes: () => memory.bytes,
  };
}

test("a file of the browser's own file system: the same bytes, also where they are written in parts", async () => {
  const id = new Uint8Array(16).fill(3);
  const handle = syncHandle();
  const memory = new MemoryStorage();
  for (const storage of [memory, new OpfsStorage(handle)]) {
    const file = await LedgerFile.open(storage, { id });
    for (let index = 0; index < 5; index += 1) {
      await file.append(node(index, { payload: new Uint8Array(index * 1_500).fill(index) }));
    }
  }
  assert.deepEqual(handle.bytes(), memory.bytes);
  handle.truncate(memory.bytes.length - 1);
  const again = await LedgerFile.open(new OpfsStorage(handle));
  assert.equal(again.recovery.nodes, 4);
  assert.equal(again.recovery.tornAt, handle.getSize());
});

test("a file that the native build wrote opens, and goes on as it would there", async () => {
  const url = new URL("../../../tests/fixtures/ledger.json", import.meta.url);
  const { cases } = JSON.parse(await readFile(url, "utf8")) as {
    cases: { name: string; input: { kind: string; id: string }; expect: { bytes: string } }[];
  };
  const written = cases.filter(({ input }) => input.kind === "write-file");
  assert.ok(written.length > 0);
  for (const { input, expect } of written) {
    const storage = new MemoryStorage(Buffer.from(expect.bytes, "hex"));
    const file = await LedgerFile.open(storage);
    assert.equal(Buffer.from(file.id).toString("hex"), input.id);
    const { size } = file.ledger;
    await file.append({ id: "from another host", origin: "npm", timestamp: 0 });
    assert.equal((await readLedger(storage.bytes)).ledger.size, size + 1);
  }
});
