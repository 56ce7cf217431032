/**
 * Ranked retrieval.
 *
 * @module
 */

import { Bm25 as Raw } from "../../wasm/signals.js";
import { requireCount, requireNumber, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import type { Knowledge } from "../score/knowledge.js";
import { call, instance } from "./instance.js";

/** A document that has something of a query. */
export interface Bm25Hit {
  /** The id under which it was added. */
  readonly id: string;
  /** Its text. */
  readonly text: string;
  /** How well it fits; above 0, without upper bound. */
  readonly score: number;
}

/** Options of {@link Bm25}. */
export interface Bm25Options {
  /**
   * How much the repetition of a term counts.
   * @defaultValue 1.2
   */
  readonly k1?: number | undefined;
  /**
   * How much the length of a document counts, in [0, 1].
   * @defaultValue 0.75
   */
  readonly b?: number | undefined;
  /**
   * How many documents make up the context for a query.
   * @defaultValue 3
   */
  readonly contextSize?: number | undefined;
}

/**
 * Documents for ranked retrieval (Okapi BM25). Terms are runs of letters and numbers, lower-cased. A query
 * costs what it matches; documents that score alike come in the order in which they were added.
 *
 * It is a source of knowledge for the `CoherenceScorer` of `interlock-wasm`:
 *
 * ```js
 * import { CoherenceScorer } from "interlock-wasm";
 * import { Bm25 } from "interlock-wasm/signals";
 *
 * using knowledge = new Bm25();
 * knowledge.insert("tower", "The tower is 330 metres tall.");
 * using scorer = new CoherenceScorer({ knowledge });
 * const { score } = scorer.reviewSync("How tall is the tower?", "It is 330 metres tall.");
 * ```
 */
export class Bm25 extends Owned<Raw> implements Knowledge {
  /**
   * An empty index.
   *
   * @throws {ArgumentError} when an option is out of bounds
   */
  constructor({ k1 = 1.2, b = 0.75, contextSize }: Bm25Options = {}) {
    requireNumber("k1", k1);
    requireNumber("b", b);
    super(
      instance,
      call(() => {
        const raw = new Raw();
        raw.setParameters(k1, b);
        return raw;
      }),
    );
    if (contextSize !== undefined) {
      requireCount("contextSize", contextSize);
      const { raw } = this;
      call(() => {
        raw.setContextSize(contextSize);
      });
    }
  }

  /** Adds a document, or replaces the one of the same id in its place. Says whether one was replaced. */
  insert(id: string, text: string): boolean {
    requireText("id", id);
    requireText("text", text);
    const { raw } = this;
    return call(() => raw.insert(id, text));
  }

  /** Removes a document. Says whether there was one of this id. */
  remove(id: string): boolean {
    requireText("id", id);
    const { raw } = this;
    return call(() => raw.remove(id));
  }

  /** How many documents there are. */
  get size(): number {
    const { raw } = this;
    return call(() => raw.size());
  }

  /** The documents that have a term of the query, best first, at most `most`. */
  search(query: string, most = 10): Bm25Hit[] {
    requireText("query", query);
    requireCount("most", most);
    const { raw } = this;
    return decode(call(() => raw.search(query, most))) as unknown as Bm25Hit[];
  }

  /** The best documents for the query, one a line. */
  context(query: string): string | undefined {
    requireText("query", query);
    const { raw } = this;
    return call(() => raw.context(query));
  }
}
