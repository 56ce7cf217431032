/**
 * Verifiers of proofs. They need no ledger: hashes, sizes and what is claimed.
 *
 * @module
 */

import * as raw from "../../wasm/ledger.js";
import { ArgumentError } from "../errors.js";
import { isBytes } from "../internal/arguments.js";
import { type Whole, requireBytes, requireList, word } from "../internal/wire.js";
import { call } from "./instance.js";

/** A SHA-256: 32 bytes. */
export type Hash = Uint8Array<ArrayBuffer>;

const BYTES = 32;

/** @internal */
export function splitHashes(flat: Uint8Array): Hash[] {
  return Array.from(
    { length: flat.length / BYTES },
    (_, at) => new Uint8Array(flat.subarray(at * BYTES, (at + 1) * BYTES)),
  );
}

/**
 * Inclusion proofs of several leaves in one piece of memory: what is sent to somebody who asked for all of them. Those that
 * are walked or taken out are views of it.
 */
export class InclusionPaths implements Iterable<Uint8Array<ArrayBuffer>> {
  /** All hashes, those of one proof behind those of another, in the order in which the leaves were asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each proof ends in that: a byte. It begins where the one before it ends. */
  readonly ends: Uint32Array<ArrayBuffer>;

  /** @internal */
  constructor(bytes: Uint8Array<ArrayBuffer>, ends: Uint32Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.ends = ends;
  }

  /** How many there are. */
  get length(): number {
    return this.ends.length;
  }

  /** The proof at a position, as {@link verifyInclusion} takes it; nothing where there is none. */
  at(position: number): Uint8Array<ArrayBuffer> | undefined {
    const end = this.ends[position];
    return end === undefined ? end : this.bytes.subarray(this.ends[position - 1] ?? 0, end);
  }

  /** Every proof. */
  *[Symbol.iterator](): IterableIterator<Uint8Array<ArrayBuffer>> {
    let start = 0;
    for (const end of this.ends) {
      yield this.bytes.subarray(start, end);
      start = end;
    }
  }
}

/** @internal */
function joinHashes(name: string, hashes: readonly Uint8Array[] | Uint8Array): Uint8Array {
  if (isBytes(hashes)) {
    if (hashes.length % BYTES === 0) return hashes;
    throw new ArgumentError(name, { value: hashes, bound: `hashes of ${BYTES} bytes` });
  }
  requireList(name, hashes);
  const flat = new Uint8Array(hashes.length * BYTES);
  hashes.forEach((hash, index) => {
    requireBytes(`${name}[${index}]`, hash, BYTES);
    flat.set(hash, index * BYTES);
  });
  return flat;
}

/**
 * Verifies that a leaf is in a tree (RFC 9162, 2.1.3.2). Returns if it is.
 *
 * @param leaf - its hash: `leafHash(entry)`
 * @param proof - its hashes, or all of them one after the other
 * @throws {ProofError} why the proof does not show it
 */
export function verifyInclusion(
  leaf: Uint8Array,
  index: Whole,
  size: Whole,
  proof: readonly Uint8Array[] | Uint8Array,
  root: Uint8Array,
): void {
  requireBytes("leaf", leaf, BYTES);
  requireBytes("root", root, BYTES);
  const [at, leaves] = [word("index", index), word("size", size)];
  const path = joinHashes("proof", proof);
  call(() => {
    raw.verifyInclusion(leaf, at, leaves, path, root);
  });
}

/**
 * Verifies that a tree continues an earlier one (RFC 9162, 2.1.4.2). Every tree continues itself and the empty one; the
 * proof of that is empty.
 *
 * @throws {ProofError} why the proof does not show it
 */
export function verifyConsistency(
  first: Whole,
  firstRoot: Uint8Array,
  second: Whole,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[] | Uint8Array,
): void {
  requireBytes("firstRoot", firstRoot, BYTES);
  requireBytes("secondRoot", secondRoot, BYTES);
  const [before, after] = [word("first", first), word("second", second)];
  const path = joinHashes("proof", proof);
  call(() => {
    raw.verifyConsistency(before, firstRoot, after, secondRoot, path);
  });
}
