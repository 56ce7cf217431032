/**
 * Values on their way into a module: lists in a fixed order, as `wasm/npm/src/refusal.rs` describes, in the bytes of
 * `wasm/npm/src/tree/mod.rs`.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { isBytes, notBytes } from "./arguments.js";

/** What can cross. */
export type Wire = null | boolean | number | bigint | string | Uint8Array | readonly Wire[];

/** A whole number of 64 bits: as a `number` up to 2^53 - 1, as a `bigint` any. */
export type Whole = number | bigint;

const encoder = new TextEncoder();

/** The bytes of a value, good until the next call: memory is kept from one to the next. */
export function wire(value: Wire): Uint8Array {
  // A list that is somebody's own may have code in it that comes back here.
  const writer = kept ?? new Writer();
  kept = undefined;
  writer.write(value);
  const written = writer.written();
  if (written.length <= KEPT_BYTES) kept = writer;
  return written;
}

/** Memory of more bytes is not kept. */
const KEPT_BYTES = 1 << 18;

/** A text of more characters is not worth a loop. */
const SHORT = 64;

class Writer {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written since it was asked for last. */
  written(): Uint8Array {
    const written = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return written;
  }

  write(value: Wire): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") {
      this.#tag(3, 8);
      this.#view.setFloat64(this.#length, value, true);
      this.#length += 8;
    } else if (typeof value === "bigint") {
      this.#tag(10, 8);
      this.#view.setBigUint64(this.#length, value, true);
      this.#length += 8;
    } else if (value === null) this.#tag(0, 0);
    else if (typeof value === "boolean") this.#tag(value ? 2 : 1, 0);
    else if (isList(value)) {
      this.#tag(5, 0);
      for (const item of value) this.write(item);
      this.#tag(7, 0);
    } else {
      this.#tag(9, 4 + value.length);
      this.#view.setUint32(this.#length, value.length, true);
      this.#bytes.set(value, this.#length + 4);
      this.#length += 4 + value.length;
    }
  }

  #text(value: string): void {
    // No UTF-16 unit takes more than three bytes.
    this.#tag(4, 4 + 3 * value.length);
    const start = this.#length + 4;
    let written = value.length <= SHORT ? writeAscii(this.#bytes, start, value) : -1;
    if (written < 0) written = encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#view.setUint32(this.#length, written, true);
    this.#length = start + written;
  }

  /** Writes a tag, with room for what follows. */
  #tag(tag: number, more: number): void {
    const wanted = this.#length + 1 + more;
    if (wanted > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#bytes[this.#length] = tag;
    this.#length += 1;
  }
}

let kept: Writer | undefined = new Writer();

/** Writes a text at a place, and tells how many bytes it has; -1 if it is not all ASCII. */
export function writeAscii(bytes: Uint8Array, start: number, text: string): number {
  const { length } = text;
  for (let at = 0; at < length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return -1;
    bytes[start + at] = unit;
  }
  return length;
}

const isList = (value: Uint8Array | readonly Wire[]): value is readonly Wire[] =>
  Array.isArray(value);

/** Whether a value is a whole number that a `number` has. */
export const isCount = (value: Whole): value is number => Number.isSafeInteger(value) && value >= 0;

/** A whole number of 64 bits, as it is. */
export function requireWhole(name: string, value: Whole): Whole {
  if (isCount(value) || (typeof value === "bigint" && value >= 0n && value < 1n << 64n)) {
    return value;
  }
  const bound = "a whole number from 0 to 2^53 - 1, or a bigint below 2^64";
  throw new ArgumentError(name, { value, bound });
}

/** A whole number of 64 bits. */
export const word = (name: string, value: Whole): bigint => BigInt(requireWhole(name, value));

/** The number of a word that came out, as a `number` where that has it. */
export const whole = (value: bigint): Whole => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** An object that has only fields of some names: a misspelt one must not mean that it is left out. */
export function requireFields(name: string, value: unknown, fields: readonly string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ArgumentError(name, { value, bound: "an object" });
  }
  for (const key of Object.keys(value)) {
    if (!fields.includes(key)) {
      throw new ArgumentError(name === "" ? key : `${name}.${key}`, { message: "unknown field" });
    }
  }
}

/** A list. */
export function requireList(name: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new ArgumentError(name, { value, bound: "a list" });
}

/** Bytes. */
export function requireBytes(
  name: string,
  value: unknown,
  length?: number,
): asserts value is Uint8Array {
  if (isBytes(value)) {
    if (length === undefined || value.length === length) return;
    throw new ArgumentError(name, { value, bound: `a Uint8Array of ${length} bytes` });
  }
  throw notBytes(name, value, length);
}

/** 64 random bits, none where the host has no randomness yet: Workers have some within a request only. */
export function randomSeed(): bigint {
  try {
    return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  } catch {
    return 0n;
  }
}
