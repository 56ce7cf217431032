/**
 * The operad of agents over finite machines, and its laws.
 *
 * @module
 */

import { AgentOperad as Raw, type Run as RawRun } from "../../wasm/operad.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import {
  type Whole,
  type Wire,
  requireFields,
  requireList,
  whole,
  wire,
  word,
} from "../internal/wire.js";
import { call, instance, made } from "./instance.js";
import { type Interface, interfaceWire, interfacesWire } from "./interface.js";
import { Operation, type Signature, requireOperation, signatureOf } from "./signature.js";
import { Term, requireTerm } from "./term.js";

/** A deterministic agent: a Mealy machine, as a table of what it does in each state on each input. */
export interface Machine {
  /** What it takes and gives. */
  readonly interface: Interface;
  /** How many states it has, 1 to 255. It starts in state 0; with one state it remembers nothing. */
  readonly states: number;
  /**
   * For each state and, within it, for each word of input symbols, counted with the last wire fastest: the next state and
   * the output.
   */
  readonly table: readonly (readonly [next: number, output: Whole])[];
}

/** What operations are replaced by. In a replacement, slots are the operation's children. */
export interface Meaning {
  readonly identity?: Term | undefined;
  readonly seq?: Term | undefined;
  readonly par?: Term | undefined;
  readonly branch?: Term | undefined;
  readonly fix?: Term | undefined;
  readonly trace?: Term | undefined;
}

/** A record of `trace`. */
export interface Trace {
  /** Its label. */
  readonly label: number;
  /** What was taken. */
  readonly input: Whole;
  /** What was given. */
  readonly output: Whole;
}

/** The shortest inputs that tell two sides apart. */
export interface Difference {
  /** A value for each step. */
  readonly inputs: readonly Whole[];
  /** What the left side gives in the last of them. */
  readonly left: Whole;
  /** What the right side gives. */
  readonly right: Whole;
  /** Whether every shorter run was looked at; otherwise it was found by sampling and made smaller. */
  readonly exhaustive: boolean;
}

/** A law of the five operations that does not hold, with the smallest case that shows it. */
export interface AgentCounterexample {
  /** The law's name. */
  readonly law: string;
  /** Its sides. */
  readonly sides: readonly [left: Term, right: Term];
  /** Who is in the slots: positions among the samples. */
  readonly samples: readonly number[];
  /** What tells the sides apart. */
  readonly difference: Difference;
}

/** A law of operads that does not hold, with the first operations that show it. */
export interface Counterexample {
  /** The law. */
  readonly law:
    | "signature"
    | "left-identity"
    | "right-identity"
    | "sequential-associativity"
    | "parallel-associativity"
    | "outer-equivariance"
    | "inner-equivariance";
  /** The operations of the law, as many as it has. */
  readonly operations: readonly Term[];
  /** The slots of the law. */
  readonly slots: readonly number[];
  /** What tells the two sides apart; nothing when their slots or colours differ already. */
  readonly witness: { readonly samples: readonly number[]; readonly difference: Difference } | null;
}

/** What a verification found. */
export type LawReport<Found> =
  | {
      /** Every law holds. */
      readonly holds: true;
      /** How many cases were compared. */
      readonly cases: number;
    }
  | {
      /** A law is broken. */
      readonly holds: false;
      /** What shows it. */
      readonly counterexample: Found;
    };

/**
 * The operad of agents over machines: a signature, its agents, and sample machines for slots. Agent 0 swaps two bits.
 *
 * ```js
 * import { AgentOperad, Term } from "interlock-wasm/operad";
 *
 * using operad = new AgentOperad();
 * operad.verifyLaws(); // { holds: true, cases: … }
 *
 * const bit = { input: [1], output: [1] };
 * const not = { interface: bit, states: 1, table: [[0, 1], [0, 0]] };
 * using run = operad.run(Term.slot(0).traced(7), [not]);
 * run.step(1); // 0
 * run.takeTraces(); // [{ label: 7, input: 1, output: 0 }]
 * ```
 */
export class AgentOperad extends Owned<Raw> {
  /** The operad with the standard samples: *not*, and *latch*, which says yes once it has been told yes. */
  constructor() {
    super(
      instance,
      made(() => Raw.create()),
    );
  }

  /** The object in the module. @internal */
  get handle(): Raw {
    return this.raw;
  }

  /** The sorts and agents, as they are now: a copy. */
  get signature(): Signature {
    const { raw } = this;
    return signatureOf(call(() => raw.signature()));
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
   * @throws {OperadError} when its table is not as its states and wires ask for, or it has wires of an unknown sort
   */
  addAgent(machine: Machine): number {
    const crossing = machinesWire("machine", [machine]);
    const { raw } = this;
    return call(() => raw.addAgent(crossing));
  }

  /**
   * Fills slots with these machines instead of the standard ones, the simplest first.
   *
   * @throws {OperadError} as {@link AgentOperad.addAgent}
   */
  setSamples(machines: readonly Machine[]): void {
    const crossing = machinesWire("machines", machines);
    const { raw } = this;
    call(() => {
      raw.setSamples(crossing);
    });
  }

  /** Gives the operations another meaning, whose laws can then be verified. */
  setMeaning(meaning: Meaning): void {
    const names = ["identity", "seq", "par", "branch", "fix", "trace"] as const;
    requireFields("meaning", meaning, names);
    const crossing = wire(
      names.map((name) => {
        const term = meaning[name];
        if (term === undefined) return null;
        requireTerm(`meaning.${name}`, term);
        return term.text;
      }),
    );
    const { raw } = this;
    call(() => {
      raw.setMeaning(crossing);
    });
  }

  /**
   * The operation of a term whose slots have these interfaces.
   *
   * @throws {OperadError} as `Signature.operation`
   */
  operation(term: Term, slots: readonly Interface[] = []): Operation {
    requireTerm("term", term);
    const crossing = interfacesWire("slots", slots);
    const { raw } = this;
    return new Operation(made(() => raw.operation(term.text, crossing)));
  }

  /**
   * A term that runs, with these machines in its slots.
   *
   * @throws {OperadError} when it does not fit, or a machine is refused
   */
  run(term: Term, slots: readonly Machine[] = []): Run {
    requireTerm("term", term);
    const crossing = machinesWire("slots", slots);
    const { raw } = this;
    return new Run(made(() => raw.run(term.text, crossing)));
  }

  /**
   * Verifies the laws of the five operations on every way to fill the slots with samples on one bit, and every run of them
   * where there are few enough.
   *
   * @throws {OperadError} when their sides could not be compared
   */
  verifyLaws(): LawReport<AgentCounterexample> {
    const { raw } = this;
    const found = decode(call(() => raw.verifyLaws())) as unknown as Record<string, unknown>;
    if ("cases" in found) return { holds: true, cases: found.cases as number };
    const sides = (found.sides as string[]).map((text) => new Term(text));
    return { holds: false, counterexample: { ...found, sides } as unknown as AgentCounterexample };
  }
}

/** A term that runs, with the states of its agents. */
export class Run extends Owned<RawRun> {
  /** @internal */
  constructor(raw: RawRun) {
    super(instance, raw);
  }

  /** One step: what it gives for an input. */
  step(input: Whole): Whole {
    return this.steps([input])[0] ?? 0;
  }

  /** A step for each input, in one crossing. */
  steps(inputs: readonly Whole[]): Whole[] {
    requireList("inputs", inputs);
    const words = BigUint64Array.from(inputs, (input, index) => word(`inputs[${index}]`, input));
    const { raw } = this;
    return Array.from(
      call(() => raw.steps(words)),
      whole,
    );
  }

  /** Takes what `trace` has recorded, in order. */
  takeTraces(): Trace[] {
    const { raw } = this;
    return decode(call(() => raw.takeTraces())) as unknown as Trace[];
  }
}

/**
 * Verifies the laws of operads on some operations, the simplest ones first: identities, associativity in sequence and in
 * parallel, and equivariance. What is equal is what behaves alike on the operad's samples.
 *
 * @throws {OperadError} when something could not be compared
 */
export function verifyLaws(
  operad: AgentOperad,
  operations: readonly Operation[],
): LawReport<Counterexample> {
  requireList("operations", operations);
  const raws = Array.from(operations, (operation, index) => {
    requireOperation(`operations[${index}]`, operation);
    return operation.handle;
  });
  const { handle } = operad;
  // A list of objects crosses by value.
  const found = decode(
    call(() => handle.verifyOperations(raws.map((raw) => raw.copy()))),
  ) as unknown as Record<string, unknown>;
  if ("equations" in found) return { holds: true, cases: found.equations as number };
  const terms = (found.operations as string[]).map((text) => new Term(text));
  return {
    holds: false,
    counterexample: { ...found, operations: terms } as unknown as Counterexample,
  };
}

function machinesWire(name: string, machines: readonly Machine[]): Uint8Array {
  requireList(name, machines);
  return wire(
    machines.map((machine, index): Wire => {
      const at = `${name}[${index}]`;
      requireFields(at, machine, ["interface", "states", "table"]);
      const { states, table } = machine;
      requireCount(`${at}.states`, states);
      requireList(`${at}.table`, table);
      const rows = table.map((row, place): Wire => {
        const entry = `${at}.table[${place}]`;
        requireList(entry, row);
        const [next, output] = row;
        requireCount(entry, next);
        return [next, word(entry, output)];
      });
      return [interfaceWire(`${at}.interface`, machine.interface), states, rows];
    }),
  );
}
