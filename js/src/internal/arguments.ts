/**
 * What arguments must be. Without these checks JavaScript would make numbers of strings and text of
 * anything on the way into the module.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { isWellFormed } from "./plain.js";
import { isReadable, isTyped } from "./typed-arrays.js";

/** A string without half of a surrogate pair in it, which would cross as another character. */
export function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw new ArgumentError(name, { value, bound: "a string" });
  if (!isWellFormed(value)) {
    throw new ArgumentError(name, { value, message: "half a surrogate pair" });
  }
}

/** A number; whether it is in bounds is for the core to say. */
export function requireNumber(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw new ArgumentError(name, { value, bound: "a number" });
}

/** A count. */
export function requireCount(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new ArgumentError(name, { value, bound: "a whole number of at least 0" });
  }
}

/** Numbers. */
export function requireNumbers(
  name: string,
  values: unknown,
): asserts values is Float64Array | readonly number[] {
  if (isTyped(values, Float64Array)) return;
  if (!Array.isArray(values)) {
    throw new ArgumentError(name, { value: values, bound: "a Float64Array or a list of numbers" });
  }
  for (let index = 0; index < values.length; index += 1) {
    const value: unknown = values[index];
    if (typeof value !== "number") {
      throw new ArgumentError(`${name}[${index}]`, { value, bound: "a number" });
    }
  }
}

/** Whether a value is a `Uint8Array` that can be read and is what it says. */
export function isBytes(value: unknown): value is Uint8Array {
  return isTyped(value, Uint8Array) && isReadable(value);
}

/** What is thrown for a value that is none. */
export function notBytes(name: string, value: unknown, length?: number): ArgumentError {
  const many = length === undefined ? "" : ` of ${length} bytes`;
  const there = ArrayBuffer.isView(value) ? ", its memory there and its length its own" : "";
  return new ArgumentError(name, { value, bound: `a Uint8Array${many}${there}` });
}

/** The numbers as they cross. */
export function float64(name: string, values: Float64Array | readonly number[]): Float64Array {
  requireNumbers(name, values);
  // One whose memory was transferred, or has grown, is empty, too, and cannot even be read.
  if (values.length === 0) return new Float64Array(0);
  return values instanceof Float64Array ? values : Float64Array.from(values);
}
