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
