/**
 * Ledgers that are kept: the file, the same bytes on every host.
 *
 * @module
 */

import {
  FileReader as Reader,
  FileWriter as RawWriter,
  type TraceLedger as Raw,
} from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { Owned } from "../internal/owned.js";
import {
  type Whole,
  randomSeed,
  requireBytes,
  requireFields,
  whole,
  wire,
  word,
} from "../internal/wire.js";
import { FileError } from "./errors.js";
import { call, instance, made, slot } from "./instance.js";
import { type TraceNodeInput, nodeWire } from "./node.js";
import type { Hash } from "./proof.js";
import type { Storage } from "./storage.js";
import { Given, TraceLedger } from "./trace-ledger.js";

/**
 * When what was appended is synced, and so acknowledged: with every append, after so many, or only when
 * {@link LedgerFile.sync} asks.
 */
export type SyncPolicy = "every-append" | { readonly every: number } | "on-request";

/** Options of {@link LedgerFile.open}. */
export interface OpenOptions {
  /** The id of the file if it is new: 16 bytes. Random unless it is given. */
  readonly id?: Uint8Array | undefined;
  /**
   * When appends are synced.
   * @defaultValue "every-append"
   */
  readonly sync?: SyncPolicy | undefined;
  /** As of a `TraceLedger`. */
  readonly seed?: Whole | undefined;
  /**
   * Size and root of a checkpoint that this file has to continue. Without one, damage to the last bytes that were synced
   * cannot be told from a torn tail.
   */
  readonly checkpoint?: { readonly size: Whole; readonly root: Uint8Array } | undefined;
}

/** What opening found. */
export interface Recovery {
  /** Whether the file is new. */
  readonly created: boolean;
  /** Nodes that are there, all of them durable and acknowledged. */
  readonly nodes: number;
  /** Where a torn tail began, if there was one. It held nothing that was ever acknowledged. */
  readonly tornAt: number | undefined;
  /** Bytes that were cut off there. */
  readonly tornBytes: number;
}

/** What a file holds. */
export interface Recovered {
  /** The nodes. */
  readonly ledger: TraceLedger;
  /** The file's id; none where there is not even a head. */
  readonly id: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes that are whole. */
  readonly length: number;
  /** Bytes of the torn tail that follow. */
  readonly torn: number;
}

/** Bytes that are read at a time. */
const PIECE = 1 << 16;

/** A ledger to read: what is appended goes through its file. */
export type ReadonlyLedger = Omit<TraceLedger, "append" | "appendMany" | "free" | "handle">;

/**
 * Reads the bytes of a file, in pieces of any size, and changes nothing: what was exported elsewhere is checked record by
 * record, and comes back as a ledger.
 *
 * ```js
 * import { readLedger } from "interlock-wasm/ledger";
 *
 * const { body } = await fetch("/ledger");
 * const { ledger } = await readLedger(body);
 * ```
 *
 * @throws {ReadError} when it is no such file, or corrupt: where
 */
export async function readLedger(
  source: Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  { seed = randomSeed() }: Pick<OpenOptions, "seed"> = {},
): Promise<Recovered> {
  const secret = word("seed", seed);
  const reader = call(() => new Reader(secret));
  let read = false;
  try {
    for await (const piece of pieces(source)) {
      requireBytes("source", piece);
      call(() => {
        reader.feed(piece);
      });
    }
    read = true;
  } finally {
    if (!read) reader.free();
  }
  const raw = made(() => reader.finish());
  const [length, torn] = [slot(0), slot(1)];
  const id = call(() => raw.fileId()) as Uint8Array<ArrayBuffer> | undefined;
  return { ledger: new TraceLedger(new Given(raw)), id, length, torn };
}

async function* pieces(
  source: Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  if (ArrayBuffer.isView(source)) {
    requireBytes("source", source);
    yield source;
    return;
  }
  const { getReader } = source as Partial<ReadableStream<Uint8Array>>;
  if (typeof getReader !== "function") {
    if (
      typeof (source as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator] !== "function"
    ) {
      throw new ArgumentError("source", { value: source, bound: "bytes or a stream of them" });
    }
    yield* source as AsyncIterable<Uint8Array>;
    return;
  }
  // Not every browser's streams can be walked.
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

async function* stored(storage: Pick<Storage, "read">): AsyncIterable<Uint8Array> {
  for (let offset = 0; ;) {
    const piece = await storage.read(offset, PIECE);
    if (piece.length === 0) return;
    offset += piece.length;
    yield piece;
  }
}

/**
 * A ledger whose nodes are kept in a storage. The bytes are those of the native file, so a ledger that was exported
 * opens in the command line, and the other way round.
 *
 * What is acknowledged is never lost: {@link LedgerFile.append} resolves when the node is durable, as the policy says.
 * A torn tail, which nobody was promised, is cut off on opening; damage to anything else is an error that says where,
 * and then nothing is touched. One storage belongs to one file at a time: whoever shares it must see to that.
 */
export class LedgerFile {
  /** What opening found. */
  readonly recovery: Recovery;
  /** The nodes, those that are not acknowledged yet included. */
  readonly ledger: ReadonlyLedger;
  /** The id of the file: 16 bytes. */
  readonly id: Uint8Array<ArrayBuffer>;

  readonly #owned: TraceLedger;
  readonly #storage: Storage;
  readonly #every: number;
  #acknowledged: number;
  #length: number;
  #flight: Promise<void> | undefined;
  #failed = false;

  private constructor(
    storage: Storage,
    owned: TraceLedger,
    every: number,
    recovery: Recovery,
    length: number,
  ) {
    this.#storage = storage;
    this.#owned = owned;
    this.ledger = owned;
    this.#every = every;
    this.recovery = recovery;
    this.#acknowledged = recovery.nodes;
    this.#length = length;
    this.id = call(() => owned.handle.fileId()) as Uint8Array<ArrayBuffer>;
  }

  /**
   * Opens a file, or creates it where there is none, and cuts off a torn tail.
   *
   * @throws {ReadError} when it is no such file, of another version, or corrupt; nothing was changed
   * @throws {FileError} when the storage fails, or when it does not continue the checkpoint
   */
  static async open(storage: Storage, options: OpenOptions = {}): Promise<LedgerFile> {
    requireFields("options", options, ["id", "sync", "seed", "checkpoint"]);
    const { sync = "every-append", seed, checkpoint } = options;
    const every = perSync(sync);
    const given = options.id ?? crypto.getRandomValues(new Uint8Array(16));
    requireBytes("options.id", given, 16);
    // Copies: their owner may do something else with them before they are wanted.
    const id = new Uint8Array(given);
    const known = checkpoint === undefined ? undefined : copyOf(checkpoint);
    const from = stored({
      read: (offset, most) => guarded(() => storage.read(offset, most)),
    });
    const { ledger, id: found, length, torn } = await readLedger(from, { seed });
    try {
      if (known !== undefined && !continues(ledger, known)) {
        const { size } = known;
        const message = `the file has ${ledger.size} nodes and does not continue the checkpoint of ${size}`;
        throw new FileError("file-checkpoint", message);
      }
      if (torn > 0) await guarded(() => storage.truncate(length));
      // The cut comes before anything that is appended; and what was read may have been written, but not synced.
      await guarded(() => storage.sync());
      let end = length;
      if (found === undefined) {
        const head = call(() => {
          ledger.handle.createFile(id);
          return ledger.handle.takeWaiting();
        });
        await guarded(() => storage.append(head));
        await guarded(() => storage.sync());
        end = head.length;
      }
      call(() => {
        ledger.handle.synced();
      });
      const recovery: Recovery = {
        created: found === undefined,
        nodes: ledger.size,
        tornAt: torn > 0 ? length : undefined,
        tornBytes: torn,
      };
      return new LedgerFile(storage, ledger, every, recovery, end);
    } catch (error) {
      ledger.free();
      throw error;
    }
  }

  /**
   * Appends a node, and resolves with its index when it is durable, as the policy says. It is in the ledger, and in the
   * order of calls, at once; appends that come while others are being written are written together.
   *
   * @throws {NodeError} {@link AppendError} as `TraceLedger.append`; nothing was written
   * @throws {FileError} when the storage fails now or has before: then the file has to be opened again
   */
  async append(node: TraceNodeInput): Promise<number> {
    this.#check();
    const index = this.#owned.append(node);
    await this.#due();
    return index;
  }

  /**
   * Appends nodes, as {@link LedgerFile.append}, and resolves with their number. Where one is refused, those before it
   * have been appended and are kept.
   */
  async appendMany(nodes: Iterable<TraceNodeInput>): Promise<number> {
    this.#check();
    try {
      return this.#owned.appendMany(nodes);
    } finally {
      await this.#due();
    }
  }

  #check(): void {
    if (this.#failed) {
      const message = "the storage has failed before, the file must be opened again";
      throw new FileError("file-failed", message);
    }
  }

  async #due(): Promise<void> {
    if (this.#owned.size - this.#acknowledged >= this.#every) await this.sync();
  }

  /**
   * Resolves when all that was appended is durable, with the number of nodes that are.
   *
   * @throws {FileError} when the storage fails now or has before
   */
  async sync(): Promise<number> {
    const wanted = this.#owned.size;
    while (this.#acknowledged < wanted) {
      this.#check();
      this.#flight ??= this.#flush().finally(() => {
        this.#flight = undefined;
      });
      await this.#flight;
    }
    return this.#acknowledged;
  }

  async #flush(): Promise<void> {
    const size = this.#owned.size;
    const raw: Raw = this.#owned.handle;
    const bytes = call(() => raw.takeWaiting());
    try {
      await guarded(() => this.#storage.append(bytes));
      await guarded(() => this.#storage.sync());
    } catch (error) {
      // Whoever fails here does not know what has been written.
      this.#failed = true;
      throw error;
    }
    call(() => {
      raw.synced();
    });
    this.#length += bytes.length;
    this.#acknowledged = size;
  }

  /** How many nodes are durable: these are never lost. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The bytes of the file as far as they are durable now: what other hosts open. */
  export(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const end = this.#length;
    const storage = this.#storage;
    let offset = 0;
    return new ReadableStream({
      async pull(controller) {
        const most = Math.min(PIECE, end - offset);
        const piece =
          most > 0 ? await guarded(() => storage.read(offset, most)) : new Uint8Array(0);
        if (piece.length === 0) {
          controller.close();
          return;
        }
        offset += piece.length;
        controller.enqueue(new Uint8Array(piece));
      },
    });
  }

  /** Syncs, and frees the memory. The storage stays open. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      this.#owned.free();
    }
  }
}

/**
 * Encodes nodes for the end of a file, and keeps account of what is durable, for hosts that move the bytes themselves.
 * Whether a ledger takes the nodes is theirs to check; {@link LedgerFile} does all of it.
 */
export class FileWriter extends Owned<RawWriter> {
  /**
   * Starts a file, or goes on with one.
   *
   * @param id - 16 bytes, random: who does not know them cannot write records of this file
   * @param length - of a file to go on with, all of its bytes, which are whole and durable
   */
  constructor(id: Uint8Array, length?: Whole) {
    requireBytes("id", id, 16);
    const end = length === undefined ? undefined : word("length", length);
    super(
      instance,
      call(() => RawWriter.create(id, end)),
    );
  }

  /**
   * Encodes a node and returns the hash of its leaf.
   *
   * @throws {NodeError} when no node is such
   */
  append(node: TraceNodeInput): Hash {
    const crossing = wire(nodeWire(node));
    const { raw } = this;
    return call(() => raw.append(crossing)) as Hash;
  }

  /** Takes the bytes for the end of the file that have not been taken. */
  takeWaiting(): Uint8Array<ArrayBuffer> {
    const { raw } = this;
    return call(() => raw.takeWaiting()) as Uint8Array<ArrayBuffer>;
  }

  /** Notes that all bytes that were taken are durable, and tells how many bytes of the file are. */
  synced(): Whole {
    const { raw } = this;
    return whole(call(() => raw.synced()));
  }

  /** How many bytes the file has with the waiting ones. */
  get length(): Whole {
    const { raw } = this;
    return whole(call(() => raw.length()));
  }
}

/** After how many appends is synced. */
function perSync(sync: SyncPolicy): number {
  if (sync === "every-append") return 1;
  if (sync === "on-request") return Infinity;
  const { every } = sync;
  if (Number.isSafeInteger(every) && every >= 1) return every;
  throw new ArgumentError("options.sync", {
    value: sync,
    bound: '"every-append", "on-request" or { every } of at least 1',
  });
}

function copyOf({ size, root }: { size: Whole; root: Uint8Array }) {
  requireBytes("options.checkpoint.root", root, 32);
  return { size, root: new Uint8Array(root) };
}

function continues(ledger: TraceLedger, checkpoint: { size: Whole; root: Uint8Array }): boolean {
  if (checkpoint.size > ledger.size) return false;
  const root: Hash = ledger.rootAt(checkpoint.size);
  return root.every((byte, index) => byte === checkpoint.root[index]);
}

/** Work of a storage, whose failure is told as such. */
async function guarded<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError("file-storage", "the storage of the ledger failed", { cause });
  }
}
