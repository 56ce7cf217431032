/**
 * Values on their way into a module: lists in a fixed order, as `wasm/npm/src/refusal.rs` describes, in the bytes of
 * `wasm/npm/src/tree/mod.rs`.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";

/** What can cross. */
export type Wire = null | boolean | number | bigint | string | Uint8Array | readonly Wire[];

/** A whole number of 64 bits: as a `number` up to 2^53 - 1, as a `bigint` any. */
export type Whole = number | bigint;

const encoder = new TextEncoder();

/** The bytes of a value. */
export function wire(value: Wire): Uint8Array {
  const writer = new Writer();
  writer.write(value);
  return writer.written();
}

class Writer {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
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
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + 4));
    this.#view.setUint32(this.#length, written, true);
    this.#length += 4 + written;
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

const isList = (value: Uint8Array | readonly Wire[]): value is readonly Wire[] =>
  Array.isArray(value);

/** A whole number of 64 bits. */
export function word(name: string, value: Whole): bigint {
  const fits =
    typeof value === "bigint"
      ? value >= 0n && value < 1n << 64n
      : Number.isSafeInteger(value) && value >= 0;
  if (fits) return BigInt(value);
  const bound = "a whole number from 0 to 2^53 - 1, or a bigint below 2^64";
  throw new ArgumentError(name, { value, bound });
}

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
  const tag =
    ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag !== "Uint8Array" || (length !== undefined && (value as Uint8Array).length !== length)) {
    const bound = length === undefined ? "a Uint8Array" : `a Uint8Array of ${length} bytes`;
    throw new ArgumentError(name, { value, bound });
  }
}

/** 64 random bits, none where the host has no randomness yet: Workers have some within a request only. */
export function randomSeed(): bigint {
  try {
    return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  } catch {
    return 0n;
  }
}
