/**
 * Objects on their way between the languages, the other side of `wasm/npm/src/wire`: the tree of a JSON
 * document in tagged bytes. Numbers keep every bit, also those that are not finite: it is the core that
 * refuses them.
 *
 * @module
 */

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const TEXT = 4;
const LIST = 5;
const OBJECT = 6;
const END = 7;
/** JSON text, passed on as it came. */
const JSON_TEXT = 8;

/** What a JSON document can hold, and numbers that are not finite. */
export type Tree =
  null | boolean | number | string | readonly Tree[] | { readonly [key: string]: Tree };

/** A value that no tree can hold: where it is, and what. */
export class NotATree extends Error {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown, message: string) {
    super(message);
    this.path = path;
    this.value = value;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

class Writer {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #reserve(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  tag(tag: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = tag;
  }

  number(value: number): void {
    this.tag(NUMBER);
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  text(text: string): void {
    this.tag(TEXT);
    const utf8 = encoder.encode(text);
    const at = this.#reserve(4 + utf8.length);
    this.#view.setUint32(at, utf8.length, true);
    this.#bytes.set(utf8, at + 4);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/**
 * The bytes of a value. Fields that are `undefined` are left out, as in JSON.
 *
 * @throws {NotATree} for what JSON has no place for, strings with half a surrogate pair included
 */
export function encode(value: unknown): Uint8Array {
  const writer = new Writer();
  write(writer, value, "", 0);
  return writer.bytes();
}

function write(writer: Writer, value: unknown, path: string, depth: number): void {
  if (depth > 32) throw new NotATree(path, value, "nested too deeply");
  if (typeof value === "boolean") {
    writer.tag(value ? TRUE : FALSE);
  } else if (typeof value === "number") {
    writer.number(value);
  } else if (typeof value === "string") {
    if (!isWellFormed(value)) throw new NotATree(path, value, "half a surrogate pair");
    writer.text(value);
  } else if (value === null) {
    writer.tag(NULL);
  } else if (Array.isArray(value)) {
    writer.tag(LIST);
    value.forEach((item, index) => {
      write(writer, item, `${path}[${index}]`, depth + 1);
    });
    writer.tag(END);
  } else if (typeof value === "object") {
    writeObject(writer, value, path, depth);
  } else {
    throw new NotATree(path, value, `a ${typeof value} is not allowed here`);
  }
}

function writeObject(writer: Writer, value: object, path: string, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A Map or a Date has no fields of its own: it would read as an empty object, and defaults would hold.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new NotATree(path, value, "not a plain object");
  }
  writer.tag(OBJECT);
  for (const [key, field] of Object.entries(value) as [string, unknown][]) {
    if (field === undefined) continue;
    const inside = path === "" ? key : `${path}.${key}`;
    if (!isWellFormed(key)) throw new NotATree(inside, key, "half a surrogate pair");
    writer.text(key);
    write(writer, field, inside, depth + 1);
  }
  writer.tag(END);
}

/** The value of bytes that the core wrote. */
export function decode(bytes: Uint8Array): Tree {
  return new Reader(bytes).value();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #string(): string {
    const start = this.#at + 4;
    const end = start + this.#view.getUint32(this.#at, true);
    this.#at = end;
    return decoder.decode(this.#bytes.subarray(start, end));
  }

  /** Whether the list goes on; its end is taken. */
  #more(): boolean {
    if (this.#bytes[this.#at] !== END) return true;
    this.#at += 1;
    return false;
  }

  #key(): string {
    if (this.#bytes[this.#at] !== TEXT) throw new RangeError("a key that is not text");
    this.#at += 1;
    return this.#string();
  }

  value(): Tree {
    const tag = this.#view.getUint8(this.#at);
    this.#at += 1;
    switch (tag) {
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NUMBER:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8, true);
      case TEXT:
        return this.#string();
      case JSON_TEXT:
        return JSON.parse(this.#string()) as Tree;
      case LIST: {
        const items: Tree[] = [];
        while (this.#more()) items.push(this.value());
        return items;
      }
      case OBJECT: {
        const fields: Record<string, Tree> = {};
        while (this.#more()) {
          const key = this.#key();
          const value = this.value();
          // A key of the upstream's may be called anything.
          if (key === "__proto__") {
            Object.defineProperty(fields, key, {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
          } else {
            fields[key] = value;
          }
        }
        return fields;
      }
      default:
        throw new RangeError(`a tree with the tag ${tag}`);
    }
  }
}

const halfPair = /\p{Surrogate}/u;

/** Whether a string is Unicode text: no half of a surrogate pair in it. */
export function isWellFormed(text: string): boolean {
  return !halfPair.test(text);
}
