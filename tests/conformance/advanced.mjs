// What the suites `physics`, `observers` and `geometry` share: values in their inputs and results, as
// host/src/replay/advanced describes them.

import { bits, bitsList, real, reals, step } from "./text.mjs";

/** The numbers of a list: one after the other, or some again and again. */
export function numbers(input) {
  if (typeof input === "string") return Float64Array.from(reals(input));
  const cycle = reals(input.cycle);
  return Float64Array.from({ length: input.count }, (_, at) => cycle[at % cycle.length]);
}

/** 64 bits. */
export const wordOf = (text) => BigInt(`0x${text}`);
export const word = (value) => value.toString(16).padStart(16, "0");

const NAMES = new Set(["estimator", "decoder", "gradient"]);

/** Fields of a configuration, in the form of the package. */
export function config(changes) {
  const valueOf = (name, value) => {
    if (name === "seed") return wordOf(value);
    if (typeof value === "object") return config(value);
    return typeof value === "string" && !NAMES.has(name) ? real(value) : value;
  };
  return Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [name, valueOf(name, value)]),
  );
}

/** A list, in full or as its checksum: FNV-1a over the words of its numbers. */
export function list(values) {
  if (values.length <= 128) return bitsList(values);
  let hash = 0xcbf29ce484222325n;
  for (const value of values) {
    hash = BigInt.asUintN(64, (hash ^ wordOf(bits(value))) * 0x100000001b3n);
  }
  return `#${values.length} ${word(hash)}`;
}

/** Numbers and truths of a record. */
export const fields = (numbers, truths = []) => [...numbers.map(bits), ...truths].join(" ");

/** What a call gives, or which number it refused. */
export function valued(work) {
  try {
    return work() ?? null;
  } catch (error) {
    if (error?.code !== "argument") throw error;
    return { refused: `input ${error.argument} ${bits(error.value)}` };
  }
}

/** Does steps, each by the function of its name. */
export const stepsOf = (steps, does) =>
  steps.map((value) => {
    const [name, what] = step(value);
    if (does[name] === undefined) throw new Error(`the step ${name} is not known`);
    return valued(() => does[name](what));
  });

/** What comes of an input, by the function of its kind. */
export function outcome(kinds, input) {
  if (kinds[input.kind] === undefined) throw new Error(`the kind ${input.kind} is not known`);
  return valued(() => kinds[input.kind](input));
}
