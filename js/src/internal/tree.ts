/**
 * Values on their way into and out of the module, as tagged bytes; `wasm/npm/src/tree/mod.rs` describes them.
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
const JSON_TEXT = 8;
const BYTES = 9;
const WHOLE = 10;

/** What a JSON document can hold, bytes, and whole numbers above 2^53 - 1. */
export type Tree =
  null | boolean | number | bigint | string | Uint8Array<ArrayBuffer> | Tree[] | TreeObject;

/** An object of trees. */
export interface TreeObject {
  [key: string]: Tree;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The value of a tree. */
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

  value(): Tree {
    const tag = this.#tag();
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
      case WHOLE:
        this.#at += 8;
        return this.#view.getBigUint64(this.#at - 8, true);
      case BYTES:
        return new Uint8Array(this.#run());
      case JSON_TEXT:
        return JSON.parse(this.#string()) as Tree;
      case LIST: {
        const items: Tree[] = [];
        while (this.#more()) items.push(this.value());
        return items;
      }
      case OBJECT: {
        const fields: TreeObject = {};
        while (this.#more()) {
          if (this.#tag() !== TEXT) throw new RangeError("a name that is not text");
          const key = this.#string();
          fields[key] = this.value();
        }
        return fields;
      }
      default:
        throw new RangeError(`a tree with the tag ${tag}`);
    }
  }

  #tag(): number {
    const tag = this.#view.getUint8(this.#at);
    this.#at += 1;
    return tag;
  }

  #string(): string {
    return decoder.decode(this.#run());
  }

  /** A length and as many bytes. */
  #run(): Uint8Array {
    const start = this.#at + 4;
    const end = start + this.#view.getUint32(this.#at, true);
    if (end > this.#bytes.length) throw new RangeError("a tree that is cut off");
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  /** Whether the list or object goes on; its end is taken. */
  #more(): boolean {
    if (this.#view.getUint8(this.#at) !== END) return true;
    this.#at += 1;
    return false;
  }
}

const encoder = new TextEncoder();

/** Writes a tree. An object's fields are a text, its name, and a value each. */
export class TreeWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  null(): void {
    this.#tag(NULL);
  }

  boolean(value: boolean): void {
    this.#tag(value ? TRUE : FALSE);
  }

  number(value: number): void {
    this.#tag(NUMBER);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(value: string): void {
    this.#tag(TEXT);
    // No UTF-16 unit takes more than three bytes.
    this.#reserve(4 + 3 * value.length);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + 4));
    this.#view.setUint32(this.#length, written, true);
    this.#length += 4 + written;
  }

  /** Begins an object. */
  object(): void {
    this.#tag(OBJECT);
  }

  /** Begins a list. */
  list(): void {
    this.#tag(LIST);
  }

  /** Ends the innermost object or list. */
  end(): void {
    this.#tag(END);
  }

  #tag(tag: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length, tag);
    this.#length += 1;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
