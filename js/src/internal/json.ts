/**
 * Configurations and policies on their way into the module, as JSON. Whether they are valid is for the
 * core to say; what JSON would change in silence is refused here.
 *
 * @module
 */

/** A value that JSON has no place for: where it is, what, and why. */
export class NotJson extends Error {
  readonly path: string;
  readonly value: unknown;
  /** What a number must be. */
  readonly bound: string | undefined;

  constructor(path: string, value: unknown, wrong: { message?: string; bound?: string }) {
    super(wrong.message);
    this.path = path;
    this.value = value;
    this.bound = wrong.bound;
  }
}

/**
 * The JSON of a value. Fields that are `undefined` are left out.
 *
 * @throws {NotJson} for numbers that are not finite, half a surrogate pair, functions, and objects that are
 *   not plain: a `Map` or a `Date` would become an empty object, and all defaults would hold
 */
export function toJson(value: unknown): string {
  check(value, "", 0);
  return JSON.stringify(value);
}

function check(value: unknown, path: string, depth: number): void {
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new NotJson(path, value, { bound: "a finite number" });
  } else if (typeof value === "string") {
    if (!isWellFormed(value)) throw new NotJson(path, value, { message: "half a surrogate pair" });
  } else if (typeof value === "object") {
    checkFields(value, path, depth + 1);
  } else {
    throw new NotJson(path, value, { message: `a value of type ${typeof value}` });
  }
}

function checkFields(value: object, path: string, depth: number): void {
  if (depth > 32) throw new NotJson(path, value, { message: "nested too deeply" });
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      check(item, `${path}[${index}]`, depth);
    });
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new NotJson(path, value, { message: "not a plain object" });
  }
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue;
    const inside = path === "" ? key : `${path}.${key}`;
    if (!isWellFormed(key)) throw new NotJson(inside, key, { message: "half a surrogate pair" });
    check(field, inside, depth);
  }
}

/** The value at a path such as `scorer.facts[1].key`, as far as there is one. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

const halfPair = /\p{Surrogate}/u;

/** Whether a string is Unicode text: no half of a surrogate pair in it. */
export function isWellFormed(text: string): boolean {
  return !halfPair.test(text);
}
