/**
 * Counters by name, and how much of them.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { requireText } from "../internal/arguments.js";
import { type Whole, type Wire, requireWhole } from "../internal/wire.js";

/** So much of each counter: `{ tokens: 80, calls: 1 }`, or pairs where their order counts. */
export type Amounts =
  Readonly<Record<string, Whole>> | readonly (readonly [counter: string, units: Whole])[];

/** Amounts as they cross. @internal */
export function amountsWire(name: string, amounts: Amounts): Wire {
  if (typeof amounts !== "object" || (amounts as unknown) === null) {
    throw new ArgumentError(name, { value: amounts, bound: "an object of counters and units" });
  }
  const pairs = (Array.isArray(amounts) ? amounts : Object.entries(amounts)) as [string, Whole][];
  return pairs.map((pair, index) => {
    if (!Array.isArray(pair)) {
      throw new ArgumentError(`${name}[${index}]`, { value: pair, bound: "a counter and units" });
    }
    const [counter, units] = pair;
    requireText(`${name}[${index}]`, counter);
    return [counter, requireWhole(`${name}.${counter}`, units)];
  });
}

/** Pairs that came out, as an object. @internal */
export const amountsFrom = (pairs: unknown): Readonly<Record<string, Whole>> =>
  Object.freeze(Object.fromEntries(pairs as [string, Whole][]));
