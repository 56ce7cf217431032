/**
 * SHA-256 hashes as texts.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";

/** The bytes of a hash that is written in hexadecimal. */
export function fromHex(sha256: string): Uint8Array {
  if (typeof (sha256 as unknown) !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new ArgumentError("sha256", { value: sha256, bound: "64 hexadecimal digits" });
  }
  return Uint8Array.from(sha256.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
