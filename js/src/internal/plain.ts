/**
 * Configurations and policies on their way into the module. Whether they are valid is for the core to say;
 * what is no plain value, and would change in silence, is refused here.
 *
 * @module
 */

import { TreeWriter } from "./tree.js";

/** Not a plain value: where it is, what, and why. */
export class NotPlain extends Error {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown, message: string) {
    super(message);
    this.path = path;
    this.value = value;
  }
}

/**
 * The tree of a plain value. Fields that are `undefined` are left out.
 *
 * @throws {NotPlain} for half a surrogate pair, functions, and objects that are not plain: a `Map` or a
 *   `Date` would become an empty object, and all defaults would hold
 */
export function toTree(value: unknown): Uint8Array {
  const tree = new TreeWriter();
  write(tree, value, "", 0);
  return tree.bytes();
}

function write(tree: TreeWriter, value: unknown, path: string, depth: number): void {
  if (value === null) tree.null();
  else if (typeof value === "boolean") tree.boolean(value);
  else if (typeof value === "number") tree.number(value);
  else if (typeof value === "string") tree.text(whole(path, value));
  else if (typeof value === "object") writeFields(tree, value, path, depth + 1);
  else throw new NotPlain(path, value, `a value of type ${typeof value}`);
}

function writeFields(tree: TreeWriter, value: object, path: string, depth: number): void {
  if (depth > 32) throw new NotPlain(path, value, "nested too deeply");
  if (Array.isArray(value)) {
    tree.list();
    for (const [index, item] of value.entries()) write(tree, item, `${path}[${index}]`, depth);
    tree.end();
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new NotPlain(path, value, "not a plain object");
  }
  tree.object();
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue;
    const inside = path === "" ? key : `${path}.${key}`;
    tree.text(whole(inside, key));
    write(tree, field, inside, depth);
  }
  tree.end();
}

function whole(path: string, text: string): string {
  if (!isWellFormed(text)) throw new NotPlain(path, text, "half a surrogate pair");
  return text;
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

/** Most engines can tell without looking at every character. */
const own = (String.prototype as { isWellFormed?: (this: string) => boolean }).isWellFormed;

/** Whether a string is Unicode text: no half of a surrogate pair in it. */
export function isWellFormed(text: string): boolean {
  return own === undefined ? !halfPair.test(text) : own.call(text);
}
