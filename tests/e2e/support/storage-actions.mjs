// What a page does with a ledger that it keeps: one file at a time. Values go in and out as JSON.

import { IndexedDbStorage, LedgerFile, OpfsStorage } from "/js/dist/ledger-index.js";

let handle;
let storage;
let file;

const kinds = {
  async opfs(name) {
    const folder = await navigator.storage.getDirectory();
    const entry = await folder.getFileHandle(name, { create: true });
    handle = await entry.createSyncAccessHandle();
    return new OpfsStorage(handle);
  },
  async indexedDb(name) {
    handle = await IndexedDbStorage.open(name);
    return handle;
  },
};

/** The value of a promise, or what was thrown, by name and code. */
export async function settled(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: { name: error.name, code: error.code, message: error.message } };
  }
}

/** Opens a ledger and tells what was found. */
export async function open(kind, name) {
  storage = await kinds[kind](name);
  file = await LedgerFile.open(storage);
  const { created, nodes, tornAt, tornBytes } = file.recovery;
  return {
    created,
    nodes,
    torn: tornAt === undefined ? 0 : tornBytes,
    root: [...file.ledger.root()],
  };
}

/** Appends so many nodes with payloads of so many bytes; the root afterwards. */
export async function append(count, bytes) {
  const from = file.ledger.size;
  for (let at = from; at < from + count; at += 1) {
    const payload = new Uint8Array(bytes).fill(at);
    await file.append({ id: `node-${at}`, origin: "page", timestamp: at, payload });
  }
  return [...file.ledger.root()];
}

/** The bytes of the file, in base64. */
export async function exported() {
  const chunks = [];
  for await (const chunk of file.export()) chunks.push(chunk);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Cuts bytes off the end behind the ledger's back, as a crash within a write does. */
export async function tear(bytes) {
  const all = atob(await exported()).length;
  await storage.truncate(all - bytes);
}

/** Appends behind the ledger's back. */
export async function scribble() {
  await storage.append(new Uint8Array([1, 2, 3]));
}

/** Lets go of the file. */
export function close() {
  handle.close();
}
