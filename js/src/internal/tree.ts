/**
 * Records on their way from the module: the tree of their JSON in tagged bytes, as
 * `wasm/npm/src/tree/mod.rs` describes it.
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

/** What a JSON document can hold. */
export type Tree = null | boolean | number | string | Tree[] | TreeObject;

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
    const start = this.#at + 4;
    const end = start + this.#view.getUint32(this.#at, true);
    if (end > this.#bytes.length) throw new RangeError("a tree that is cut off");
    this.#at = end;
    return decoder.decode(this.#bytes.subarray(start, end));
  }

  /** Whether the list or object goes on; its end is taken. */
  #more(): boolean {
    if (this.#view.getUint8(this.#at) !== END) return true;
    this.#at += 1;
    return false;
  }
}
