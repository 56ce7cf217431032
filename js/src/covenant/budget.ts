/**
 * Named counters, each with a ceiling that is debited before a side effect.
 *
 * @module
 */

import { Budget as Raw } from "../../wasm/covenant.js";
import { ArgumentError } from "../errors.js";
import { requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Whole, requireFields, requireList, whole, wire, word } from "../internal/wire.js";
import { type Amounts, amountsFrom, amountsWire } from "./amounts.js";
import { call, instance, made } from "./instance.js";

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
export type Reservation = bigint & { readonly reservation: unique symbol };

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

  /**
   * Sets units aside.
   *
   * @throws {BudgetError} `budget-exhausted` when fewer are free
   */
  reserve(counter: string, units: Whole): Reservation {
    requireText("counter", counter);
    const count = word("units", units);
    const { raw } = this;
    return call(() => raw.reserve(counter, count)) as Reservation;
  }

  /**
   * Sets more units aside for a reservation.
   *
   * @throws {BudgetError} when fewer are free, or it was settled
   */
  extend(reservation: Reservation, units: Whole): void {
    const [number, count] = [word("reservation", reservation), word("units", units)];
    const { raw } = this;
    call(() => {
      raw.extend(number, count);
    });
  }

  /**
   * Settles a reservation: so many of its units are spent, the rest is free again. Tells how many that is.
   *
   * @throws {BudgetError} when it has fewer, or was settled
   */
  commit(reservation: Reservation, units: Whole): Whole {
    const [number, count] = [word("reservation", reservation), word("units", units)];
    const { raw } = this;
    return whole(call(() => raw.commit(number, count)));
  }

  /**
   * Gives all of a reservation back. Tells how many units that is.
   *
   * @throws {BudgetError} when it was settled
   */
  refund(reservation: Reservation): Whole {
    const number = word("reservation", reservation);
    const { raw } = this;
    return whole(call(() => raw.refund(number)));
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
