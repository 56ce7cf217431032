/**
 * What a scorer may know.
 *
 * @module
 */

import { InMemoryKnowledge as RawMemory } from "../../wasm/interlock.js";
import { call, instance } from "../instance.js";
import { requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";

/** Statements that bear on a query, one a line; nothing if there are none. What comes back is taken as true. */
export type Context = string | null | undefined;

/** A source of knowledge, asked with the prompt and the text under review. It may take its time. */
export interface Knowledge {
  /** What bears on the query. */
  context(query: string): Context | PromiseLike<Context>;
}

/** Facts by key. A fact bears on a query that has a word of its key. */
export class InMemoryKnowledge extends Owned<RawMemory> implements Knowledge {
  /** @param facts - pairs of key and value: `[["tower height", "330 metres"]]`, or an object of them */
  constructor(
    facts: Iterable<readonly [key: string, value: string]> | Record<string, string> = [],
  ) {
    super(
      instance,
      call(() => new RawMemory()),
    );
    const pairs = Symbol.iterator in facts ? facts : Object.entries(facts);
    for (const [key, value] of pairs as Iterable<readonly [string, string]>)
      this.insert(key, value);
  }

  /** Adds a fact, or replaces the value of a key in its place. Says whether one was replaced. */
  insert(key: string, value: string): boolean {
    requireText("key", key);
    requireText("value", value);
    const { raw } = this;
    return call(() => raw.insert(key, value));
  }

  /** How many facts there are. */
  get size(): number {
    const { raw } = this;
    return call(() => raw.size());
  }

  /** The facts that bear on the query, one a line. */
  context(query: string): string | undefined {
    requireText("query", query);
    const { raw } = this;
    return call(() => raw.context(query));
  }
}
