/**
 * What arguments of this entry point must be, and how they cross.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { float64 } from "../internal/arguments.js";
import { NotPlain, toTree, valueAt } from "../internal/plain.js";
import { heap, made } from "./instance.js";

/** A list of numbers. */
export type Numbers = Float64Array | readonly number[];

/** Which of two definitions is computed: what each definition says, or the published numbers. */
export type Fidelity = "corrected" | "published";

/** A whole number of 64 bits; as a `number` up to 2^53 - 1. */
export type Seed = number | bigint;

/** Settings of which each may be left out. */
export type Settings<Config> = {
  readonly [Name in keyof Config]?: Config[Name] | undefined;
};

/**
 * The numbers as they cross. Those that lie in the module's memory are copied first: while another argument
 * crosses the memory may grow, and they would be gone.
 */
export function numbers(name: string, values: Numbers): Float64Array {
  const list = float64(name, values);
  return list.buffer === heap().buffer ? new Float64Array(list) : list;
}

/** Whether the published numbers are wanted. */
export function isPublished(fidelity: Fidelity = "corrected"): boolean {
  requireOneOf("fidelity", fidelity, ["corrected", "published"]);
  return fidelity === "published";
}

/** One of some names. */
export function requireOneOf<Name extends string>(
  argument: string,
  value: Name,
  names: readonly Name[],
): void {
  if (names.includes(value)) return;
  const bound = names.map((name) => JSON.stringify(name)).join(" or ");
  throw new ArgumentError(argument, { value, bound });
}

/** A whole number of 64 bits. */
export function word(name: string, value: Seed): bigint {
  if (typeof value === "bigint" ? value >= 0n && value < 1n << 64n : isCount(value)) {
    return BigInt(value);
  }
  throw new ArgumentError(name, {
    value,
    bound: "a whole number from 0 to 2^53 - 1, or a bigint below 2^64",
  });
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** An object, so that it can be taken apart. */
export function requireObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new ArgumentError(name, { value, bound: "an object" });
  }
}

/** True or false. */
export function requireFlag(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new ArgumentError(name, { value, bound: "true or false" });
}

/** Makes something with settings, or changes it. What the settings may be is for the core to say. */
export function settle<Made>(settings: object, make: (tree: Uint8Array) => Made | undefined): Made {
  try {
    const tree = toTree(settings);
    return made(() => make(tree));
  } catch (error) {
    if (error instanceof NotPlain) throw new ArgumentError(error.path, error);
    if (error instanceof ArgumentError && error.value === undefined) {
      const value = valueAt(settings, error.argument);
      const { argument, bound } = error;
      if (bound !== undefined) throw new ArgumentError(argument, { value, bound });
      Object.assign(error, { value });
    }
    throw error;
  }
}
