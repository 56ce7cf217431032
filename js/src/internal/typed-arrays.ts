/**
 * Typed arrays that are what they say.
 *
 * An array crosses in two steps: room is asked for by its `length`, and it is written there with all the elements that it
 * has. Were these two numbers, it would be written over what lies behind the room.
 *
 * @module
 */

const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;

/** Where `length` stands. */
const typed = getPrototypeOf(Uint8Array.prototype) as object;

const lookUp = (owner: object, key: PropertyKey): unknown =>
  (getOwnPropertyDescriptor(owner, key) as { get?: unknown } | undefined)?.get;

// Kept from the beginning: no property of a value can stand in for them.
const getterOf = (key: PropertyKey) => lookUp(typed, key) as (this: unknown) => unknown;
const kindOf = getterOf(Symbol.toStringTag);
const bufferOf = getterOf("buffer");
const lengthOf = getterOf("length");

/** An engine shows its own functions alike, and no others like them. */
const sourceOf = (getter: unknown): string => Function.prototype.toString.call(getter);
const source = sourceOf(lengthOf);

/**
 * Whether a value is a typed array of a kind, also one of another realm, as test runners and frames have, whose `length` is
 * the number of its elements, and stays it while it is read.
 */
export function isTyped<Kind extends ArrayBufferView>(
  value: unknown,
  kind: { readonly prototype: Kind; readonly name: string },
): value is Kind {
  if (!ArrayBuffer.isView(value)) return false;
  // Most have neither ancestors nor properties of their own.
  if (getPrototypeOf(value) !== kind.prototype || hasOwn(value, "length")) {
    if (kindOf.call(value) !== kind.name || !tellsItsLength(value)) return false;
  }
  const buffer = bufferOf.call(value);
  // Others can make it longer while it is read.
  return buffer instanceof ArrayBuffer || (buffer as { growable?: boolean }).growable !== true;
}

/** Whether the `length` of a typed array is the engine's. */
function tellsItsLength(value: object): boolean {
  let owner: object | null = value;
  while (owner !== null && !hasOwn(owner, "length")) owner = getPrototypeOf(owner) as object | null;
  const getter = owner === null ? undefined : lookUp(owner, "length");
  return getter === lengthOf || (getter !== undefined && sourceOf(getter) === source);
}

/** Whether the memory of a typed array is there: it may have been transferred, or cut off. */
export function isReadable(value: Uint8Array): boolean {
  if (value.length > 0) return true;
  try {
    new Uint8Array(0).set(value);
    return true;
  } catch {
    return false;
  }
}
