/**
 * Where the bytes of a ledger's file are kept.
 *
 * @module
 */

import { requireBytes } from "../internal/wire.js";
import { FileError } from "./errors.js";

/**
 * Where the bytes of a file are kept. Of its methods each is called when the one before has come to its end, with the
 * lengths and offsets of one file that grows at its end.
 */
export interface Storage {
  /** Bytes from an offset on, at most so many; none only at the end. */
  read(offset: number, most: number): Uint8Array | PromiseLike<Uint8Array>;
  /** Appends bytes. They need not be durable yet. When it fails, any part of them may have been appended. */
  append(bytes: Uint8Array): void | PromiseLike<void>;
  /** Returns, or resolves, when all that was done is durable. */
  sync(): void | PromiseLike<void>;
  /** Cuts off what lies behind the first `length` bytes. */
  truncate(length: number): void | PromiseLike<void>;
}

/** Bytes in memory: for tests, and for files that come and go over the network. */
export class MemoryStorage implements Storage {
  #bytes: Uint8Array<ArrayBuffer>;
  #length: number;

  /** Starts with the bytes of a file, which are copied. */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    requireBytes("bytes", bytes);
    this.#bytes = new Uint8Array(bytes);
    this.#length = bytes.length;
  }

  /** What is kept: a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  read(offset: number, most: number): Uint8Array {
    return this.#bytes.subarray(
      Math.min(offset, this.#length),
      Math.min(offset + most, this.#length),
    );
  }

  append(bytes: Uint8Array): void {
    const wanted = this.#length + bytes.length;
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = wanted;
  }

  sync(): void {
    // Nothing outlives the process.
  }

  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }
}

/** Bytes of a row, at most: databases have bounds on values. */
const ROW = 1 << 20;
/** A last row up to which new bytes join it. Every append reads and writes it anew, so it is as long as a page of a database. */
const JOIN = 1 << 12;

/** What {@link SqliteStorage} needs of a Durable Object's `ctx.storage`. */
export interface SqliteHost {
  readonly sql: {
    exec(
      query: string,
      ...bindings: (ArrayBuffer | string | number)[]
    ): {
      toArray(): Record<string, ArrayBuffer | string | number | null>[];
    };
  };
  transactionSync<Result>(work: () => Result): Result;
  sync(): Promise<void>;
}

const TABLE = "interlock_ledger";

/**
 * Rows in the SQLite database of a Durable Object: the bytes of the file in pieces of at most 1 MiB.
 *
 * ```js
 * import { DurableObject } from "cloudflare:workers";
 * import { LedgerFile, SqliteStorage } from "interlock-wasm/ledger";
 *
 * export class Ledger extends DurableObject {
 *   constructor(ctx, env) {
 *     super(ctx, env);
 *     ctx.blockConcurrencyWhile(async () => {
 *       this.file = await LedgerFile.open(new SqliteStorage(ctx.storage));
 *     });
 *   }
 *   append(node) {
 *     return this.file.append(node);
 *   }
 *   fetch() {
 *     return new Response(this.file.export());
 *   }
 * }
 * ```
 */
export class SqliteStorage implements Storage {
  readonly #host: SqliteHost;
  readonly #file: string;
  #length: number;

  /**
   * @param host - `ctx.storage` of a Durable Object with SQLite
   * @param file - the name of the file, of several in one object
   */
  constructor(host: SqliteHost, file = "ledger") {
    this.#host = host;
    this.#file = file;
    host.sql.exec(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (file TEXT, start INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (file, start)) WITHOUT ROWID`,
    );
    const [last] = this.#rows(
      `SELECT start, length(bytes) AS length FROM ${TABLE} WHERE file = ? ORDER BY start DESC LIMIT 1`,
    );
    this.#length = last === undefined ? 0 : Number(last.start) + Number(last.length);
  }

  #rows(
    query: string,
    ...bindings: (ArrayBuffer | number)[]
  ): Record<string, ArrayBuffer | string | number | null>[] {
    return this.#host.sql.exec(query, this.#file, ...bindings).toArray();
  }

  read(offset: number, most: number): Uint8Array {
    if (offset >= this.#length) return new Uint8Array(0);
    const [row] = this.#rows(
      `SELECT start, bytes FROM ${TABLE} WHERE file = ? AND start <= ? ORDER BY start DESC LIMIT 1`,
      offset,
    );
    if (row === undefined) return new Uint8Array(0);
    const from = offset - Number(row.start);
    return new Uint8Array(row.bytes as ArrayBuffer).subarray(from, from + most);
  }

  append(bytes: Uint8Array): void {
    this.#host.transactionSync(() => {
      let rest = new Uint8Array(bytes);
      let start = this.#length;
      const [last] = this.#rows(
        `SELECT start, bytes FROM ${TABLE} WHERE file = ? ORDER BY start DESC LIMIT 1`,
      );
      const before = last === undefined ? 0 : (last.bytes as ArrayBuffer).byteLength;
      if (last !== undefined && before + rest.length <= JOIN) {
        const joined = new Uint8Array(before + rest.length);
        joined.set(new Uint8Array(last.bytes as ArrayBuffer));
        joined.set(rest, before);
        rest = joined;
        start -= before;
      }
      for (let at = 0; at < rest.length; at += ROW) {
        const piece = rest.slice(at, at + ROW).buffer;
        this.#rows(
          `INSERT OR REPLACE INTO ${TABLE} (file, start, bytes) VALUES (?, ?, ?)`,
          start + at,
          piece,
        );
      }
    });
    this.#length += bytes.length;
  }

  sync(): Promise<void> {
    return this.#host.sync();
  }

  truncate(length: number): void {
    this.#host.transactionSync(() => {
      const [row] = this.#rows(
        `SELECT start, bytes FROM ${TABLE} WHERE file = ? AND start <= ? ORDER BY start DESC LIMIT 1`,
        length,
      );
      this.#rows(`DELETE FROM ${TABLE} WHERE file = ? AND start >= ?`, length);
      if (row === undefined || Number(row.start) >= length) return;
      this.#rows(
        `INSERT OR REPLACE INTO ${TABLE} (file, start, bytes) VALUES (?, ?, ?)`,
        Number(row.start),
        (row.bytes as ArrayBuffer).slice(0, length - Number(row.start)),
      );
    });
    this.#length = Math.min(length, this.#length);
  }
}

/** What {@link OpfsStorage} needs of a `FileSystemSyncAccessHandle`. */
export interface SyncAccessHandle {
  getSize(): number;
  read(buffer: Uint8Array<ArrayBuffer>, options?: { at?: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options?: { at?: number }): number;
  flush(): void;
  truncate(size: number): void;
  close(): void;
}

/**
 * A file of the origin's private file system, in a dedicated worker of a browser. Its handle is exclusive: while one is
 * open, the browser refuses another with a `NoModificationAllowedError`, in every tab.
 *
 * ```js
 * import { LedgerFile, OpfsStorage } from "interlock-wasm/ledger";
 *
 * const folder = await navigator.storage.getDirectory();
 * const entry = await folder.getFileHandle("run.ledger", { create: true });
 * const file = await LedgerFile.open(new OpfsStorage(await entry.createSyncAccessHandle()));
 * ```
 */
export class OpfsStorage implements Storage {
  readonly #handle: SyncAccessHandle;

  /** @param handle - stays open until its owner closes it */
  constructor(handle: SyncAccessHandle) {
    this.#handle = handle;
  }

  read(offset: number, most: number): Uint8Array {
    const buffer = new Uint8Array(most);
    return buffer.subarray(0, this.#handle.read(buffer, { at: offset }));
  }

  append(bytes: Uint8Array): void {
    let rest = new Uint8Array(bytes);
    while (rest.length > 0) {
      const written = this.#handle.write(rest, { at: this.#handle.getSize() });
      if (written === 0) throw new Error("the file takes no more bytes");
      rest = rest.subarray(written);
    }
  }

  sync(): void {
    this.#handle.flush();
  }

  truncate(length: number): void {
    this.#handle.truncate(length);
  }
}

/** A row of {@link IndexedDbStorage}. */
interface Row {
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const ROWS = "rows";

/**
 * Rows of a database of the browser, on any of its threads. Two tabs that appended to one file would each go on behind
 * nodes that they do not know, so it is open in one place at a time: until {@link IndexedDbStorage.close} or the end of
 * its page.
 *
 * ```js
 * import { IndexedDbStorage, LedgerFile } from "interlock-wasm/ledger";
 *
 * const file = await LedgerFile.open(await IndexedDbStorage.open("run-1"));
 * ```
 */
export class IndexedDbStorage implements Storage {
  readonly #database: IDBDatabase;
  readonly #unlock: () => void;
  /** Of the file, as this one has left it. */
  #length = 0;

  private constructor(database: IDBDatabase, unlock: () => void) {
    this.#database = database;
    this.#unlock = unlock;
  }

  /**
   * Opens the database of a name, which holds one file, or makes it.
   *
   * @throws {FileError} `file-locked` while it is open elsewhere
   */
  static async open(name: string): Promise<IndexedDbStorage> {
    const unlock = await locked(name);
    try {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(ROWS, { keyPath: "start" });
      };
      const storage = new IndexedDbStorage(await done(request), unlock);
      const rows = storage.#database.transaction(ROWS).objectStore(ROWS);
      storage.#length = endOf(await storage.#last(rows));
      return storage;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Closes the database, once what was begun has come to its end. */
  close(): void {
    this.#database.close();
    this.#unlock();
  }

  async #last(rows: IDBObjectStore, upTo?: number): Promise<Row | undefined> {
    const range = upTo === undefined ? null : IDBKeyRange.upperBound(upTo);
    const cursor = await done(rows.openCursor(range, "prev"));
    return cursor?.value as Row | undefined;
  }

  async read(offset: number, most: number): Promise<Uint8Array> {
    const rows = this.#database.transaction(ROWS).objectStore(ROWS);
    const row = await this.#last(rows, offset);
    const from = offset - (row?.start ?? 0);
    return row?.bytes.subarray(from, from + most) ?? new Uint8Array(0);
  }

  /** Durable when it resolves. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#write(async (rows) => {
      const last = await this.#last(rows);
      let rest = new Uint8Array(bytes);
      let start = endOf(last);
      // Where there are no locks.
      if (start !== this.#length) throw isLocked("has been changed elsewhere");
      if (last !== undefined && last.bytes.length + rest.length <= JOIN) {
        const joined = new Uint8Array(last.bytes.length + rest.length);
        joined.set(last.bytes);
        joined.set(rest, last.bytes.length);
        rest = joined;
        start = last.start;
      }
      for (let at = 0; at < rest.length; at += ROW) {
        rows.put({ start: start + at, bytes: rest.slice(at, at + ROW) } satisfies Row);
      }
    });
    this.#length += bytes.length;
  }

  sync(): void {
    // Every write was.
  }

  async truncate(length: number): Promise<void> {
    await this.#write(async (rows) => {
      const row = length === 0 ? undefined : await this.#last(rows, length - 1);
      rows.delete(IDBKeyRange.lowerBound(length));
      if (row !== undefined) {
        rows.put({ start: row.start, bytes: row.bytes.slice(0, length - row.start) } satisfies Row);
      }
    });
    this.#length = Math.min(length, this.#length);
  }

  async #write(work: (rows: IDBObjectStore) => Promise<void>): Promise<void> {
    const transaction = this.#database.transaction(ROWS, "readwrite", { durability: "strict" });
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => {
        resolve();
      };
      transaction.onabort = () => {
        reject(transaction.error ?? new Error("the transaction was aborted"));
      };
    });
    try {
      await work(transaction.objectStore(ROWS));
    } catch (error) {
      // All of it or nothing; what was put before would be kept.
      await Promise.allSettled([complete, aborted(transaction)]);
      throw error;
    }
    await complete;
  }
}

function endOf(last: Row | undefined): number {
  return last === undefined ? 0 : last.start + last.bytes.length;
}

/** Ends a transaction that may have ended by itself. */
// eslint-disable-next-line @typescript-eslint/require-await -- throws into a promise
async function aborted(transaction: IDBTransaction): Promise<void> {
  transaction.abort();
}

function isLocked(how: string): FileError {
  return new FileError("file-locked", `the database of the ledger ${how}`);
}

/** Takes the lock of a name, which the end of the page gives back, too. Resolves to what gives it back. */
async function locked(name: string): Promise<() => void> {
  // Not where a page came over plain HTTP.
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks === undefined) return () => undefined;
  return new Promise((resolve, reject) => {
    locks
      .request(`interlock-ledger:${name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) throw isLocked("is open elsewhere");
        return new Promise<void>((unlock) => {
          resolve(unlock);
        });
      })
      .catch(reject);
  });
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the database refused"));
    };
  });
}
