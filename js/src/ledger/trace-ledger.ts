/**
 * Ledgers in memory.
 *
 * @module
 */

import { TraceLedger as Raw } from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { isTyped } from "../internal/typed-arrays.js";
import {
  type Whole,
  type Wire,
  randomSeed,
  requireFields,
  requireWhole,
  wire,
  word,
} from "../internal/wire.js";
import { call, instance, slot } from "./instance.js";
import {
  type LinkKind,
  type TraceNode,
  type TraceNodeInput,
  frozen,
  linkCode,
  nodeWire,
  requireTime,
} from "./node.js";
import { type Hash, InclusionPaths, splitHashes } from "./proof.js";

/** What is asked of a ledger: nodes that fit all that is given, ascending by timestamp, then by index. */
export interface Query {
  /** Written by this origin. */
  readonly origin?: string | undefined;
  /** Of this kind; the empty one is that of nodes without. */
  readonly kind?: string | undefined;
  /** With this tag. */
  readonly tag?: string | undefined;
  /** Not before this time, ms. */
  readonly since?: number | undefined;
  /** Before this time, ms. */
  readonly until?: number | undefined;
  /** With a link to the node of this id. */
  readonly linksTo?: string | undefined;
  /** That the node of this id links to. */
  readonly linksFrom?: string | undefined;
  /** Only links of this kind count for `linksTo` and `linksFrom`. */
  readonly linkKind?: LinkKind | undefined;
  /**
   * How many of the nodes that fit are left out at the start.
   * @defaultValue 0
   */
  readonly offset?: number | undefined;
  /** How many are given at most. */
  readonly limit?: number | undefined;
}

const QUERY = [
  ...["origin", "kind", "tag", "since", "until", "linksTo", "linksFrom", "linkKind"],
  ...["offset", "limit"],
];

/** Options of {@link TraceLedger}. */
export interface TraceLedgerOptions {
  /**
   * A secret number for the hash tables, so that nobody can choose ids that slow them down. It changes nothing that
   * can be seen. Random unless it is given.
   */
  readonly seed?: Whole | undefined;
}

/** Proofs that are given at a time, at most: what one call needs of the module's memory stays with it. */
const MOST_PROOFS = 4096;

/** Nodes that are taken out at a time. */
const PAGE = 64;

/**
 * An append-only ledger of nodes, with indexes over them and an RFC 6962 Merkle log.
 *
 * Appending enforces the laws: ids are unique, links lead to nodes that are there and not later, and the time of an
 * origin does not run backwards. Nothing is ever changed or taken away.
 *
 * ```js
 * import { TraceLedger, leafHash, verifyInclusion } from "interlock-wasm/ledger";
 *
 * using ledger = new TraceLedger();
 * ledger.append({ id: "ask-1", origin: "assistant", timestamp: 1_000, kind: "intent" });
 * const index = ledger.append({
 *   id: "halt-1",
 *   origin: "guard",
 *   timestamp: 1_004,
 *   links: [{ kind: "causes", target: "ask-1" }],
 *   payload: JSON.stringify({ reason: "hard-limit" }),
 * });
 * for (const [, node] of ledger.query({ linksTo: "ask-1" })) node.origin; // "guard"
 *
 * const proof = ledger.inclusionProof(index);
 * verifyInclusion(leafHash(ledger.entry(index)), index, ledger.size, proof, ledger.root());
 * ```
 */
export class TraceLedger extends Owned<Raw> implements Iterable<TraceNode> {
  /** An empty ledger. */
  constructor(options: TraceLedgerOptions = {}) {
    if (options instanceof Given) {
      super(instance, options.raw);
      return;
    }
    requireFields("", options, ["seed"]);
    const seed = options.seed === undefined ? randomSeed() : word("seed", options.seed);
    super(
      instance,
      call(() => new Raw(seed)),
    );
  }

  /** The object in the module. @internal */
  get handle(): Raw {
    return this.raw;
  }

  /**
   * Appends a node and tells its index, which is that of its leaf in the log.
   *
   * @throws {NodeError} when no node is such
   * @throws {AppendError} which law it would break; the ledger is as it was
   */
  append(node: TraceNodeInput): number {
    const crossing = wire([nodeWire(node)]);
    const { raw } = this;
    return call(() => raw.append(crossing));
  }

  /**
   * Appends nodes in one crossing, and tells how many. Where one is refused, those before it have been appended:
   * {@link TraceLedger.size} says how many.
   *
   * @throws {NodeError} {@link AppendError} for the first that is refused
   */
  appendMany(nodes: Iterable<TraceNodeInput>): number {
    const crossing = wire(Array.from(nodes, nodeWire));
    const { raw } = this;
    call(() => raw.append(crossing));
    return slot(0);
  }

  /** How many nodes there are. */
  get size(): number {
    const { raw } = this;
    return call(() => raw.size());
  }

  /** Where the node with an id is. */
  find(id: string): number | undefined {
    requireText("id", id);
    const { raw } = this;
    return call(() => raw.find(id));
  }

  /** The node at an index. */
  get(index: number): TraceNode | undefined {
    requireCount("index", index);
    return this.#nodes(Uint32Array.of(index))[0];
  }

  /** The node with an id. */
  byId(id: string): TraceNode | undefined {
    const index = this.find(id);
    return index === undefined ? undefined : this.get(index);
  }

  #nodes(indices: Uint32Array): TraceNode[] {
    const { raw } = this;
    const nodes = decode(call(() => raw.nodes(indices))) as unknown as TraceNode[];
    return nodes.map(frozen);
  }

  /** Every node in the order in which they were appended, those that are appended meanwhile included. */
  *[Symbol.iterator](): IterableIterator<TraceNode> {
    for (let at = 0; at < this.size; at += PAGE) {
      yield* this.#nodes(Uint32Array.from({ length: PAGE }, (_, index) => at + index));
    }
  }

  /**
   * The nodes that a query asks for, with their indices. They are found at once and read as they are walked; what is
   * appended meanwhile is not among them. Names and ids that the ledger does not have fit no node.
   *
   * @throws {ArgumentError} when it is no query
   */
  query(query: Query = {}): IterableIterator<[index: number, node: TraceNode]> {
    return this.#walk(this.queryIndices(query));
  }

  *#walk(found: Uint32Array): IterableIterator<[index: number, node: TraceNode]> {
    for (let at = 0; at < found.length; at += PAGE) {
      const page = found.subarray(at, at + PAGE);
      for (const [place, node] of this.#nodes(page).entries()) yield [page[place] ?? 0, node];
    }
  }

  /** As {@link TraceLedger.query}, the indices alone. */
  queryIndices(query: Query = {}): Uint32Array {
    requireFields("query", query, QUERY);
    const text = (name: "origin" | "kind" | "tag" | "linksTo" | "linksFrom"): Wire => {
      const value = query[name];
      if (value === undefined) return null;
      requireText(`query.${name}`, value);
      return value;
    };
    const time = (name: "since" | "until"): Wire => {
      const value = query[name];
      if (value === undefined) return null;
      requireTime(`query.${name}`, value);
      return value;
    };
    const { linkKind, offset = 0, limit } = query;
    const crossing = wire([
      text("origin"),
      text("kind"),
      text("tag"),
      time("since"),
      time("until"),
      text("linksTo"),
      text("linksFrom"),
      linkKind === undefined ? null : linkCode("query.linkKind", linkKind),
      requireWhole("query.offset", offset),
      limit === undefined ? null : requireWhole("query.limit", limit),
    ]);
    const { raw } = this;
    return call(() => raw.query(crossing));
  }

  /** Timestamp of the last node that an origin has written: its next one may not be earlier. */
  lastTimestamp(origin: string): number | undefined {
    requireText("origin", origin);
    const { raw } = this;
    return call(() => raw.lastTimestamp(origin));
  }

  /** The canonical header of the node at an index: the entry of the log. */
  entry(index: number): Uint8Array<ArrayBuffer> | undefined {
    requireCount("index", index);
    const { raw } = this;
    return call(() => raw.entry(index)) as Uint8Array<ArrayBuffer> | undefined;
  }

  /** The root over all nodes. Hashes those that have come since it was last asked for. */
  root(): Hash {
    const { raw } = this;
    return call(() => raw.root()) as Hash;
  }

  /**
   * The root of the tree that the log was when it had `size` leaves.
   *
   * @throws {LogError} when it has not been that large yet
   */
  rootAt(size: Whole): Hash {
    const leaves = word("size", size);
    const { raw } = this;
    return call(() => raw.rootAt(leaves)) as Hash;
  }

  /**
   * The proof that a node is among the first `size`, from the leaf's sibling up (RFC 6962, 2.1.1).
   *
   * @param size - all of them unless it is given
   * @throws {LogError} when the log has no tree of that size or the tree no such leaf
   */
  inclusionProof(index: Whole, size?: Whole): Hash[] {
    return splitHashes(this.inclusionPath(index, size));
  }

  /**
   * As {@link TraceLedger.inclusionProof}, with the hashes one after the other: what is sent to somebody, and
   * {@link verifyInclusion} takes.
   *
   * @throws {LogError} as there
   */
  inclusionPath(index: Whole, size?: Whole): Uint8Array<ArrayBuffer> {
    const leaf = word("index", index);
    const { raw } = this;
    const leaves = size === undefined ? undefined : word("size", size);
    return call(() => raw.inclusionProof(leaf, leaves)) as Uint8Array<ArrayBuffer>;
  }

  /**
   * As {@link TraceLedger.inclusionPath}, of several nodes in one crossing, such as {@link TraceLedger.queryIndices} finds.
   *
   * @param indices - at most 4,096, also the same one again
   * @throws {LogError} as there, for the first that is refused
   */
  inclusionPaths(indices: Uint32Array | readonly number[], size?: Whole): InclusionPaths {
    const places = requireIndices("indices", indices);
    const count = places.length;
    const { raw } = this;
    const leaves = size === undefined ? undefined : word("size", size);
    const { buffer } = call(() => raw.inclusionProofs(places, leaves));
    // Behind the proofs it has where they end.
    const hashes = buffer.byteLength - count * Uint32Array.BYTES_PER_ELEMENT;
    return new InclusionPaths(
      new Uint8Array(buffer as ArrayBuffer, 0, hashes),
      new Uint32Array(buffer as ArrayBuffer, hashes, count),
    );
  }

  /**
   * The proof that the log of `second` leaves continues that of `first` (RFC 6962, 2.1.2). Empty for equal sizes, and
   * for the empty tree, which every tree continues.
   *
   * @param second - all of them unless it is given
   * @throws {LogError} when the sizes are in the wrong order or the log has no tree of the second
   */
  consistencyProof(first: Whole, second: Whole = this.size): Hash[] {
    const [before, after] = [word("first", first), word("second", second)];
    const { raw } = this;
    return splitHashes(call(() => raw.consistencyProof(before, after)));
  }

  /**
   * What is in the tile of a path: hashes, or entries each with its length before it.
   *
   * @throws {TileError} when it is no path of a tile
   * @throws {LogError} when the log is too small for it
   */
  tile(path: string): Uint8Array<ArrayBuffer> {
    requireText("path", path);
    const { raw } = this;
    return call(() => raw.tile(path)) as Uint8Array<ArrayBuffer>;
  }
}

/** Indices, as many as are asked for at once. */
function requireIndices(name: string, values: unknown): Uint32Array {
  const isList = Array.isArray(values);
  if (!isList && !isTyped(values, Uint32Array)) {
    throw new ArgumentError(name, { value: values, bound: "a Uint32Array or a list of indices" });
  }
  if (values.length > MOST_PROOFS) {
    throw new ArgumentError(name, { value: values.length, bound: `at most ${MOST_PROOFS}` });
  }
  // An empty one may be one whose memory was transferred, which cannot even be read.
  if (!isList && values.length > 0) return values;
  const indices = new Uint32Array(values.length);
  for (let position = 0; position < indices.length; position += 1) {
    const index: unknown = values[position];
    requireCount(`${name}[${position}]`, index);
    indices[position] = index;
  }
  return indices;
}

/** An object in the module that becomes a ledger. @internal */
export class Given implements TraceLedgerOptions {
  declare readonly seed: undefined;
  readonly raw: Raw;

  constructor(raw: Raw) {
    this.raw = raw;
  }
}
