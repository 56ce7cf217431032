// The ledger of a tenant: a file in rows of the object's database, the same bytes as on every other host.

import type { LedgerEvent } from "interlock-wasm";
import { Ed25519Signer, LedgerFile, SqliteStorage, checkpointToNote } from "interlock-wasm/ledger";

/** Name of the key that signs. */
const NAME = "interlock-example";

/** That a node is in the log. Bytes are base64. */
export interface Proof {
  index: number;
  /** The node's header, which is the entry of the log. */
  entry: string;
  /** Hashes from the leaf's sibling up. */
  path: string[];
  /** The signed checkpoint of the tree that the path leads to. */
  checkpoint: string;
}

export class Evidence {
  readonly #file: LedgerFile;
  readonly #signer: Ed25519Signer;
  /** Name of the log. */
  readonly #origin: string;

  private constructor(file: LedgerFile, signer: Ed25519Signer, origin: string) {
    this.#file = file;
    this.#signer = signer;
    this.#origin = origin;
  }

  /** Opens the ledger, or begins one. Without a key it makes one for development and keeps it. */
  static async open({ storage, id }: DurableObjectState, key?: string): Promise<Evidence> {
    const file = await LedgerFile.open(new SqliteStorage(storage));
    const [row] = storage.sql.exec<{ value: string }>("SELECT value FROM kept WHERE name = 'key'");
    const own = () => new Ed25519Signer(NAME, crypto.getRandomValues(new Uint8Array(32)));
    const text = key ?? row?.value;
    const signer = text ? new Ed25519Signer(text) : own();
    if (!text) storage.sql.exec("INSERT INTO kept VALUES ('key', ?)", signer.encode());
    return new Evidence(file, signer, `${NAME}/${id.toString().slice(0, 16)}`);
  }

  /** Appends what happened in a stream, in order, each node linked to the one before. Resolves when it is durable. */
  async append(stream: string, events: readonly LedgerEvent[]): Promise<void> {
    const { ledger } = this.#file;
    let next = ledger.queryIndices({ origin: stream }).length;
    // No clock that was set back runs against the order of the nodes.
    const last = ledger.size > 0 ? ledger.get(ledger.size - 1) : undefined;
    const timestamp = Math.max(Date.now(), last?.timestamp ?? 0);
    const nodes = events.map(({ kind, tag, payload }) => {
      const links =
        next > 0 ? [{ kind: "continues" as const, target: `${stream}/${next - 1}` }] : [];
      const id = `${stream}/${next++}`;
      return { id, origin: stream, timestamp, kind, tags: [tag], links, payload };
    });
    await this.#file.appendMany(nodes);
  }

  /** The last nodes, of all streams or of one, the last first. */
  latest(limit: number, stream?: string) {
    const { ledger } = this.#file;
    const found =
      stream === undefined
        ? Array.from({ length: Math.min(limit, ledger.size) }, (_, i) => ledger.size - 1 - i)
        : [...ledger.queryIndices({ origin: stream })].reverse().slice(0, limit);
    const nodes = found.map((index) => {
      const { payload, ...node } = ledger.get(index) ?? {};
      return { index, ...node, payload: new TextDecoder().decode(payload) };
    });
    return {
      origin: this.#origin,
      key: this.#signer.verifier.toString(),
      size: ledger.size,
      nodes,
    };
  }

  /** The size and the root of the log, signed. */
  checkpoint(): string {
    const { ledger } = this.#file;
    using note = checkpointToNote({ origin: this.#origin, size: ledger.size, root: ledger.root() });
    return note.sign(this.#signer).encode();
  }

  /** The proof that a node is in the log as it is now; none where there is no such node. */
  proof(index: number): Proof | undefined {
    const { ledger } = this.#file;
    const entry = ledger.entry(index);
    if (entry === undefined) return undefined;
    const path = ledger.inclusionProof(index).map(base64);
    return { index, entry: base64(entry), path, checkpoint: this.checkpoint() };
  }

  /** The bytes of the file: `interlock ledger query FILE` opens them. */
  export(): ReadableStream<Uint8Array> {
    return this.#file.export();
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
