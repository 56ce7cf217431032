/**
 * Terms: composition trees over the five operations.
 *
 * @module
 */

import * as raw from "../../wasm/operad.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { requireList } from "../internal/wire.js";
import { call, slot } from "./instance.js";
import type { Wires } from "./interface.js";

/**
 * A composition tree: a frozen value. Its text form is `seq(0, par(a1, 2))`: numbers are slots, `a` and a number an agent,
 * `id(…)` identities on sorts, and `seq`, `par`, `branch`, `fix` and `trace` the operations.
 *
 * ```js
 * import { Term } from "interlock-wasm/operad";
 *
 * const twice = Term.slot(0).then(Term.slot(1));
 * String(twice.compose(1, twice)); // "seq(0, seq(1, 2))"
 * ```
 */
export class Term {
  /** The text form: equal trees have the same. */
  readonly text: string;
  /** How many slots it has. */
  readonly arity: number;
  /** How many nodes it has, at most 4,096. */
  readonly size: number;

  /**
   * Reads the text form.
   *
   * @throws {TermError} where it is none
   * @throws {OperadError} when it is too large
   */
  constructor(text: string) {
    requireText("text", text);
    this.text = call(() => raw.readTerm(text));
    this.arity = slot(0);
    this.size = slot(1);
    Object.freeze(this);
  }

  /** A slot alone: the identity of composition. */
  static slot(slot: number): Term {
    requireCount("slot", slot);
    return new Term(String(slot));
  }

  /** An agent of the signature. */
  static agent(agent: number): Term {
    requireCount("agent", agent);
    return new Term(`a${agent}`);
  }

  /** Gives what it takes. */
  static identity(wires: Wires): Term {
    requireList("wires", wires);
    return new Term(`id(${wires.join(" ")})`);
  }

  /** This, and then another on what it gave. */
  then(next: Term): Term {
    return this.#with("seq", next);
  }

  /** This beside another. */
  beside(other: Term): Term {
    return this.#with("par", other);
  }

  /** This decides: yes is the one's turn, no the other's. */
  branch(yes: Term, no: Term): Term {
    return this.#with("branch", yes, no);
  }

  /** While this says yes, the body's turn on its own output, at most `bound` times. */
  fix(bound: number, body: Term): Term {
    requireCount("bound", bound);
    requireTerm("body", body);
    return new Term(`fix(${bound}, ${this.text}, ${body.text})`);
  }

  /** This; then what it took and gave is recorded under a label. */
  traced(label: number): Term {
    requireCount("label", label);
    return new Term(`trace(${label}, ${this.text})`);
  }

  #with(operation: string, ...others: readonly Term[]): Term {
    for (const other of others) requireTerm(operation, other);
    return new Term(`${operation}(${[this, ...others].map(({ text }) => text).join(", ")})`);
  }

  /**
   * Partial composition: `inner` in a slot of this. The slots before it keep their numbers, those of `inner` take its
   * place, those behind it move up.
   *
   * @throws {OperadError} when there is no such slot, or it becomes too large
   */
  compose(slot: number, inner: Term): Term {
    requireCount("slot", slot);
    requireTerm("inner", inner);
    return new Term(call(() => raw.composeTerms(this.text, slot, inner.text)));
  }

  /**
   * The symmetric action: what was slot `i` is now slot `permutation[i]`.
   *
   * @throws {OperadError} when it is no permutation of the slots
   */
  permute(permutation: readonly number[]): Term {
    const list = permutationOf(permutation);
    return new Term(call(() => raw.permuteTerm(this.text, list)));
  }

  /** The text form. */
  toString(): string {
    return this.text;
  }

  /** The text form. */
  toJSON(): string {
    return this.text;
  }
}

/** @internal */
export function requireTerm(name: string, value: unknown): asserts value is Term {
  if (!(value instanceof Term)) throw new ArgumentError(name, { value, bound: "a Term" });
}

/** @internal */
export function permutationOf(permutation: readonly number[]): Uint32Array {
  requireList("permutation", permutation);
  permutation.forEach((slot, index) => {
    requireCount(`permutation[${index}]`, slot);
  });
  return Uint32Array.from(permutation);
}

const CHECKS = ["gate", "guard", "monitor", "budget"] as const;

/** A check of the session, in the order in which a piece passes them: agent 0 to 3 of its signature. */
export type SessionCheck = (typeof CHECKS)[number];

/** The session's checks that are on, one after the other, and then the ledger event, as a term. */
export function sessionChecks(checks: readonly SessionCheck[]): Term {
  requireList("checks", checks);
  const bits = checks.map((check, index) => {
    const bit = CHECKS.indexOf(check);
    if (bit >= 0) return bit;
    throw new ArgumentError(`checks[${index}]`, { value: check, bound: CHECKS.join(", ") });
  });
  const on = bits.reduce((all, bit) => all | (1 << bit), 0);
  return new Term(call(() => raw.sessionChecks(on)));
}
