/**
 * Named counters, each with a ceiling that is debited before a side effect.
 *
 * @module
 */

import { Budget as Raw } from "../../wasm/covenant.js";
import { ArgumentError } from "../errors.js";
import { float64, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import {
  type Whole,
  isCount,
  requireFields,
  requireList,
  whole,
  wire,
  word,
} from "../internal/wire.js";
import { type Amounts, amountsFrom, amountsWire } from "./amounts.js";
import { call, instance, made, numbers, refuse, roomForNumbers, slot, thrown } from "./instance.js";

/** Where the units of a counter are. `spent + reserved + free` is `ceiling`. */
export interface Balance {
  /** All of them. */
  readonly ceiling: Whole;
  /** Gone for good. */
  readonly spent: Whole;
  /** Set aside by reservations and leases. */
  readonly reserved: Whole;
  /** Those that can be reserved. */
  readonly free: Whole;
}

/** Units that were set aside: good for the budget that gave it out, once. */
export type Reservation = number & { readonly reservation: unique symbol };

/** What becomes of a lease that nobody settled in time: it is free again, or counts as spent. */
export type Unsettled = "refund" | "spend";

/** Units set aside for a holder until a time. */
export interface Lease {
  /** Its number, which the budget gives out once. */
  readonly id: Whole;
  /** What it holds. */
  readonly amounts: Readonly<Record<string, Whole>>;
  /** When it ends, in ms on the clock of whoever gave it. */
  readonly expiresAtMs: Whole;
  /** What becomes of it when it ends. */
  readonly unsettled: Unsettled;
}

/** A budget as it is stored, with the fields of its JSON. Reservations are not: what they hold counts as spent. */
export interface BudgetState {
  /** The counters. */
  readonly counters: readonly {
    readonly name: string;
    readonly ceiling: Whole;
    readonly spent: Whole;
  }[];
  /** The leases, in the order of their numbers; amounts as position of the counter and units. */
  readonly leases: readonly {
    readonly id: Whole;
    readonly amounts: readonly (readonly [counter: number, units: Whole])[];
    readonly expires_at_ms: Whole;
    readonly unsettled: Unsettled;
  }[];
  /** The number of the next lease. */
  readonly next_lease: Whole;
  /** The latest time that was seen, in ms. */
  readonly now_ms: Whole;
}

/**
 * Named counters with ceilings. What a side effect will cost is reserved before it and settled after. Of a counter every
 * unit is spent, reserved or free; what is not free cannot be reserved, so streams that interleave in any order cannot
 * spend more than the ceiling. Amounts are whole numbers of 64 bits: as a `number` up to 2^53 - 1, beyond as a `bigint`.
 *
 * ```js
 * import { Budget } from "interlock-wasm/covenant";
 *
 * using budget = new Budget({ tokens: 100, calls: 2 });
 * // A completion of at most 80 tokens is asked for, and takes 30.
 * const reservation = budget.reserve("tokens", 80);
 * budget.commit(reservation, 30); // 50 are free again
 * budget.balance("tokens")?.free; // 70
 * ```
 *
 * Time is in ms. A clock that runs backwards stands still here.
 */
export class Budget extends Owned<Raw> {
  /** Those of counters that were asked for: their names are known once and for all. */
  readonly #positions = new Map<string, number>();

  /**
   * Counters with their ceilings, nothing spent. Names have 1 to 64 bytes. `tokens`, `calls`, `cost` (millionths of the
   * currency) and `wall-time` (ms) are those that sessions spend from.
   *
   * @throws {BudgetError} when a name is refused or given twice, or there are more than 64
   */
  constructor(ceilings: Amounts) {
    if (ceilings instanceof Given) {
      super(instance, ceilings.raw);
      return;
    }
    const crossing = wire(amountsWire("ceilings", ceilings));
    super(
      instance,
      made(() => Raw.create(crossing)),
    );
  }

  /**
   * The budget that was stored.
   *
   * @throws {BudgetError} when no budget can have been in that state
   */
  static restore(state: BudgetState): Budget {
    const crossing = wire(stateWire(state));
    return budgetOf(made(() => Raw.restore(crossing)));
  }

  /** The object in the module. @internal */
  get handle(): Raw {
    return this.raw;
  }

  /** The budget as it is stored: a plain value for a structured clone, and for JSON up to 2^53 - 1. */
  state(): BudgetState {
    const { raw } = this;
    return decode(call(() => raw.state())) as unknown as BudgetState;
  }

  /** The names of the counters. */
  get counters(): readonly string[] {
    const { raw } = this;
    return call(() => raw.counters());
  }

  /** Where a counter's units are; nothing for a counter that there is not. */
  balance(counter: string): Balance | undefined {
    requireText("counter", counter);
    const { raw } = this;
    const balance = decode(call(() => raw.balance(counter))) as unknown as Balance | null;
    return balance ?? undefined;
  }

  /** The position of a counter; behind the last, where the budget refuses it, of one that there is not. */
  #position(counter: string): number {
    const known = this.#positions.get(counter);
    if (known !== undefined) return known;
    requireText("counter", counter);
    const { counters } = this;
    const position = counters.indexOf(counter);
    if (position < 0) return counters.length;
    this.#positions.set(counter, position);
    return position;
  }

  /**
   * Sets units aside.
   *
   * @throws {BudgetError} `budget-exhausted` when fewer are free
   */
  reserve(counter: string, units: Whole): Reservation {
    const position = this.#position(counter);
    const { raw } = this;
    if (!isCount(units)) {
      const more = word("units", units);
      return call(() => raw.reserveMore(position, more)) as Reservation;
    }
    let reservation: number;
    try {
      reservation = raw.reserve(position, units);
    } catch (error) {
      throw thrown(error);
    }
    if (reservation < 0) refuse();
    return reservation as Reservation;
  }

  /**
   * Sets units aside several times, in one crossing: every one, or none. Gives a {@link Reservation} each.
   *
   * @param units - of each reservation, at most 2^53 - 1
   * @throws {BudgetError} as {@link Budget.reserve}, for the first that is not given
   */
  reserveMany(counter: string, units: Float64Array | readonly number[]): Float64Array {
    const counts = float64("units", units);
    const position = this.#position(counter);
    const { raw } = this;
    const { length } = counts;
    const at = roomForNumbers(length);
    numbers().set(counts, at);
    const wrong = call(() => raw.reserveMany(position));
    requireCount("units", counts, wrong);
    return numbers().slice(at, at + length);
  }

  /**
   * Settles several reservations one after the other, in one crossing. Where one is refused, those before it have been
   * settled.
   *
   * @param units - of each reservation those that are spent, at most 2^53 - 1
   * @throws {BudgetError} as {@link Budget.commit}, for the first that is refused
   */
  commitMany(
    reservations: Float64Array | readonly Reservation[],
    units: Float64Array | readonly number[],
  ): void {
    const settled = float64("reservations", reservations);
    const counts = float64("units", units);
    const { length } = settled;
    if (length !== counts.length) {
      const bound = `as many as there are reservations, ${length}`;
      throw new ArgumentError("units", { value: counts.length, bound });
    }
    const { raw } = this;
    const at = roomForNumbers(2 * length);
    const memory = numbers();
    memory.set(settled, at);
    memory.set(counts, at + length);
    const wrong = call(() => raw.commitMany());
    requireCount("reservations", settled, wrong < length ? wrong : -1);
    requireCount("units", counts, wrong - length);
  }

  /**
   * Sets more units aside for a reservation.
   *
   * @throws {BudgetError} when fewer are free, or it was settled
   */
  extend(reservation: Reservation, units: Whole): void {
    requireReservation(reservation);
    const count = word("units", units);
    const { raw } = this;
    call(() => {
      raw.extend(reservation, count);
    });
  }

  /**
   * Settles a reservation: so many of its units are spent, the rest is free again. Tells how many that is.
   *
   * @throws {BudgetError} when it has fewer, or was settled
   */
  commit(reservation: Reservation, units: Whole): Whole {
    requireReservation(reservation);
    const { raw } = this;
    if (!isCount(units)) {
      const more = word("units", units);
      return freed(call(() => raw.commitMore(reservation, more)));
    }
    let free: number;
    try {
      free = raw.commit(reservation, units);
    } catch (error) {
      throw thrown(error);
    }
    return free < 0 ? freed(free) : free;
  }

  /**
   * Gives all of a reservation back. Tells how many units that is.
   *
   * @throws {BudgetError} when it was settled
   */
  refund(reservation: Reservation): Whole {
    requireReservation(reservation);
    const { raw } = this;
    return freed(call(() => raw.refund(reservation)));
  }

  /**
   * Checks that every amount is free, without touching any.
   *
   * @throws {BudgetError} for the first that is not
   */
  afford(amounts: Amounts): void {
    this.#spend(amounts, false);
  }

  /**
   * Spends what is known beforehand: every amount, or none.
   *
   * @throws {BudgetError} as {@link Budget.afford}
   */
  spend(amounts: Amounts): void {
    this.#spend(amounts, true);
  }

  #spend(amounts: Amounts, spend: boolean): void {
    const crossing = wire(amountsWire("amounts", amounts));
    const { raw } = this;
    call(() => {
      raw.spend(crossing, spend);
    });
  }

  /**
   * Changes a counter's ceiling.
   *
   * @throws {BudgetError} when more than the new ceiling is spent and reserved
   */
  setCeiling(counter: string, ceiling: Whole): void {
    requireText("counter", counter);
    const units = word("ceiling", ceiling);
    const { raw } = this;
    call(() => {
      raw.setCeiling(counter, units);
    });
  }

  /**
   * Takes back what has ended by now, then sets every amount aside for a holder elsewhere, or none, until `durationMs`
   * from now. The holder spends it without asking; {@link Budget.settle} says how much it was.
   *
   * @param unsettled - what becomes of it when nobody settles it in time
   * @throws {BudgetError} when an amount is not free, or the duration 0 or beyond the end of the clock
   */
  lease(amounts: Amounts, nowMs: Whole, durationMs: Whole, unsettled: Unsettled = "refund"): Lease {
    const crossing = wire(amountsWire("amounts", amounts));
    const [now, duration] = [word("nowMs", nowMs), word("durationMs", durationMs)];
    const spend = isSpend("unsettled", unsettled);
    const { raw } = this;
    return leaseFrom(decode(call(() => raw.lease(crossing, now, duration, spend))));
  }

  /**
   * Takes back what has ended by now, then sets every amount aside for the holder of a lease, too, or none. The lease ends
   * when it would have.
   *
   * @throws {BudgetError} when it was settled or has ended, or an amount is not free
   */
  topUp(lease: Whole, amounts: Amounts, nowMs: Whole): Lease {
    const number = word("lease", lease);
    const crossing = wire(amountsWire("amounts", amounts));
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return leaseFrom(decode(call(() => raw.topUp(number, crossing, now))));
  }

  /**
   * Lets a lease end `durationMs` from now, if that is later than it would. Tells when.
   *
   * @throws {BudgetError} when it was settled or has ended, or as {@link Budget.lease}
   */
  renew(lease: Whole, nowMs: Whole, durationMs: Whole): Whole {
    const number = word("lease", lease);
    const [now, duration] = [word("nowMs", nowMs), word("durationMs", durationMs)];
    const { raw } = this;
    return whole(call(() => raw.renew(number, now, duration)));
  }

  /**
   * Ends a lease: what its holder spent is spent, the rest is free again. One that has ended and was not taken back is
   * settled as any other.
   *
   * @throws {BudgetError} when it was settled or taken back, or holds less of a counter
   */
  settle(lease: Whole, spent: Amounts): void {
    const number = word("lease", lease);
    const crossing = wire(amountsWire("spent", spent));
    const { raw } = this;
    call(() => {
      raw.settle(number, crossing);
    });
  }

  /** Takes back every lease that has ended by now, and gives them, in the order in which they were given out. */
  reclaim(nowMs: Whole): Lease[] {
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return (decode(call(() => raw.reclaim(now))) as unknown[]).map(leaseFrom);
  }

  /** The leases that are open, in the order in which they were given out. */
  get leases(): Lease[] {
    const { raw } = this;
    return (decode(call(() => raw.leases())) as unknown[]).map(leaseFrom);
  }

  /** When the next lease ends, for a host that sets an alarm. */
  get nextExpiryMs(): Whole | undefined {
    const { raw } = this;
    const next = call(() => raw.nextExpiryMs());
    return next === undefined ? undefined : whole(next);
  }
}

/** Carries an object of the module into the constructor. */
class Given {
  readonly raw: Raw;

  constructor(raw: Raw) {
    this.raw = raw;
  }
}

/** A budget of an object of the module. @internal */
export const budgetOf = (raw: Raw): Budget => new Budget(new Given(raw) as unknown as Amounts);

/** The module has found, if something, at which place a number is no count. */
function requireCount(name: string, values: Float64Array, wrong: number): void {
  if (wrong >= 0)
    throw new ArgumentError(`${name}[${wrong}]`, { value: values[wrong], bound: COUNT });
}

const COUNT = "a whole number from 0 to 2^53 - 1";

function requireReservation(value: Reservation): void {
  if (!isCount(value)) {
    throw new ArgumentError("reservation", { value, bound: "a reservation of this budget" });
  }
}

/** Units that are free again: those that a double does not count lie in the slots, in halves. */
function freed(units: number): Whole {
  if (units >= 0) return units;
  refuse();
  return BigInt(slot(0)) * 2n ** 32n + BigInt(slot(1));
}

function isSpend(name: string, unsettled: Unsettled): boolean {
  if (unsettled === "spend") return true;
  if ((unsettled as unknown) === "refund") return false;
  throw new ArgumentError(name, { value: unsettled, bound: '"refund" or "spend"' });
}

function leaseFrom(decoded: unknown): Lease {
  const lease = decoded as Lease;
  return Object.freeze({ ...lease, amounts: amountsFrom(lease.amounts) });
}

function stateWire(state: BudgetState) {
  requireFields("state", state, ["counters", "leases", "next_lease", "now_ms"]);
  const { counters, leases } = state;
  requireList("state.counters", counters);
  requireList("state.leases", leases);
  return [
    counters.map((counter, index) => {
      const name = `state.counters[${index}]`;
      requireFields(name, counter, ["name", "ceiling", "spent"]);
      requireText(`${name}.name`, counter.name);
      const { ceiling, spent } = counter;
      return [counter.name, word(`${name}.ceiling`, ceiling), word(`${name}.spent`, spent)];
    }),
    leases.map((lease, index) => {
      const name = `state.leases[${index}]`;
      requireFields(name, lease, ["id", "amounts", "expires_at_ms", "unsettled"]);
      requireList(`${name}.amounts`, lease.amounts);
      const amounts = lease.amounts.map((pair, at) => {
        requireList(`${name}.amounts[${at}]`, pair);
        return pair.map((number) => word(`${name}.amounts[${at}]`, number));
      });
      const ends = word(`${name}.expires_at_ms`, lease.expires_at_ms);
      const spend = isSpend(`${name}.unsettled`, lease.unsettled);
      return [word(`${name}.id`, lease.id), amounts, ends, spend];
    }),
    word("state.next_lease", state.next_lease),
    word("state.now_ms", state.now_ms),
  ];
}
