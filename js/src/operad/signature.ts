/**
 * Signatures, and the operations that terms are under them.
 *
 * @module
 */

import { type Operation as RawOperation, Signature as Raw } from "../../wasm/operad.js";
import { ArgumentError } from "../errors.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { requireFields, wire } from "../internal/wire.js";
import { call, instance, made } from "./instance.js";
import { type Interface, interfaceWire, interfacesWire } from "./interface.js";
import { Term, permutationOf, requireTerm } from "./term.js";

/**
 * What `par` is. Of `agents`, it puts the wires side by side; of `checks` on one shared piece, it gives the piece to both
 * and joins their findings.
 */
export type Theory = "agents" | "checks";

const EFFECTS = ["pure", "stateful", "external"] as const;

/**
 * What an agent may do beside giving its output: nothing, remember, or act on the world: no law may drop or merge an
 * `external` one.
 */
export type Effect = (typeof EFFECTS)[number];

/** An agent that terms may name. */
export interface AgentType {
  /** What it takes and gives. */
  readonly interface: Interface;
  /** What else it may do. */
  readonly effect: Effect;
}

/** The sorts and agents that terms may name. Sort 1 says yes or no, and is there from the start. */
export class Signature extends Owned<Raw> {
  /** A signature without agents. */
  constructor(theory: Theory = "agents") {
    const known: readonly unknown[] = ["agents", "checks"];
    if (!known.includes(theory) && !((theory as unknown) instanceof Raw)) {
      throw new ArgumentError("theory", { value: theory, bound: '"agents" or "checks"' });
    }
    super(instance, typeof theory === "string" ? call(() => new Raw(theory === "checks")) : theory);
  }

  /** The signature of the session's checks. */
  static ofSession(): Signature {
    return signatureOf(made(() => Raw.ofSession()));
  }

  /** What `par` is. */
  get theory(): Theory {
    const { raw } = this;
    return call(() => raw.isOfChecks()) ? "checks" : "agents";
  }

  /**
   * Another sort, with 1 to 256 symbols; its number.
   *
   * @throws {OperadError} at the 256th sort, or for another number of symbols
   */
  addSort(symbols: number): number {
    requireCount("symbols", symbols);
    const { raw } = this;
    return call(() => raw.addSort(symbols));
  }

  /**
   * Another agent; its number.
   *
   * @throws {OperadError} when it has a wire of a sort that is not there
   */
  addAgent(agent: AgentType): number {
    requireFields("agent", agent, ["interface", "effect"]);
    const effect = EFFECTS.indexOf(agent.effect);
    if (effect < 0) {
      throw new ArgumentError("agent.effect", { value: agent.effect, bound: EFFECTS.join(", ") });
    }
    const crossing = wire([interfaceWire("agent.interface", agent.interface)]);
    const { raw } = this;
    return call(() => raw.addAgent(crossing, effect));
  }

  /**
   * The interface of every node, in prefix order, of a term whose slots have these interfaces.
   *
   * @throws {OperadError} when wires do not fit, something is not there, or a step would take too long
   */
  typing(term: Term, slots: readonly Interface[] = []): Interface[] {
    requireTerm("term", term);
    const crossing = interfacesWire("slots", slots);
    const { raw } = this;
    return decode(call(() => raw.typing(term.text, crossing))) as unknown as Interface[];
  }

  /**
   * The form that all terms share that are equal by the laws.
   *
   * @throws {OperadError} as {@link Signature.typing}
   */
  normalForm(term: Term, slots: readonly Interface[] = []): Term {
    requireTerm("term", term);
    const crossing = interfacesWire("slots", slots);
    const { raw } = this;
    return new Term(call(() => raw.normalForm(term.text, crossing)));
  }

  /**
   * The operation of a term.
   *
   * @throws {OperadError} as {@link Signature.typing}, or unless every slot occurs once
   */
  operation(term: Term, slots: readonly Interface[] = []): Operation {
    requireTerm("term", term);
    const crossing = interfacesWire("slots", slots);
    const { raw } = this;
    return new Operation(made(() => raw.operation(term.text, crossing)));
  }
}

/** A signature of an object of the module. @internal */
export const signatureOf = (raw: Raw): Signature => new Signature(raw as unknown as Theory);

/** A typed operation of the operad: a term that uses each of its slots once, and what they take. */
export class Operation extends Owned<RawOperation> {
  /** Its tree. */
  readonly term: Term;
  /** What its slots take, slot 0 first. */
  readonly slots: readonly Interface[];
  /** What it makes of them. */
  readonly output: Interface;

  /** @internal */
  constructor(raw: RawOperation) {
    super(instance, raw);
    this.term = new Term(call(() => raw.term()));
    const all = decode(call(() => raw.interfaces())) as unknown as Interface[];
    this.slots = Object.freeze(all.slice(0, -1));
    this.output = all.at(-1) ?? { input: [], output: [] };
  }

  /** The object in the module. @internal */
  get handle(): RawOperation {
    return this.raw;
  }

  /**
   * Partial composition.
   *
   * @throws {OperadError} when there is no such slot, `inner` makes something else than it takes, or it becomes too large
   */
  compose(slot: number, inner: Operation): Operation {
    requireCount("slot", slot);
    requireOperation("inner", inner);
    const { raw } = this;
    const { handle } = inner;
    return new Operation(made(() => raw.compose(slot, handle)));
  }

  /**
   * The symmetric action: what was slot `i` is now slot `permutation[i]`.
   *
   * @throws {OperadError} when it is no permutation of the slots
   */
  permute(permutation: readonly number[]): Operation {
    const list = permutationOf(permutation);
    const { raw } = this;
    return new Operation(made(() => raw.permute(list)));
  }
}

/** @internal */
export function requireOperation(name: string, value: unknown): asserts value is Operation {
  if (!(value instanceof Operation)) {
    throw new ArgumentError(name, { value, bound: "an Operation" });
  }
}
