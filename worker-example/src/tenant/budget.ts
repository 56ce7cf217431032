// The budget of a tenant, kept in the object's storage.

import { Budget, type BudgetState, type Lease } from "interlock-wasm/covenant";

/** Units by counter: `tokens`, `calls`. */
export type Units = Record<string, number>;

/** How much longer a lease is kept than its stream may go on: it says then what it spent. */
const GRACE_MS = 2000;

export class StoredBudget {
  readonly #storage: DurableObjectStorage;
  readonly #budget: Budget;
  /** When the alarm rings, as far as it was set from here. */
  #alarm: number | undefined;

  constructor(storage: DurableObjectStorage, ceilings: Units) {
    this.#storage = storage;
    const [row] = storage.sql.exec<{ value: string }>(
      "SELECT value FROM kept WHERE name = 'budget'",
    );
    this.#budget = row
      ? Budget.restore(JSON.parse(row.value) as BudgetState)
      : new Budget(ceilings);
    for (const [counter, units] of Object.entries(ceilings)) {
      const { spent = 0, reserved = 0 } = this.#budget.balance(counter) ?? {};
      this.#budget.setCeiling(counter, Math.max(units, Number(spent) + Number(reserved)));
    }
  }

  /**
   * Sets units aside for a stream, which spends them without asking, for so many ms at most. What is not settled by then
   * counts as spent. None when there is nothing of what was asked for first.
   */
  lease(wanted: Units, durationMs: number): Lease | undefined {
    this.#budget.reclaim(Date.now());
    const units = Object.fromEntries(
      Object.entries(wanted).map(([counter, most]) => [
        counter,
        Math.min(most, this.#free(counter)),
      ]),
    );
    if (Object.values(units)[0] === 0) return undefined;
    const lease = this.#budget.lease(units, Date.now(), durationMs + GRACE_MS, "spend");
    this.#store();
    return { ...lease, expiresAtMs: Number(lease.expiresAtMs) - GRACE_MS };
  }

  /**
   * What was spent of the leases of a stream is spent, the earliest first, the rest is free. One that was taken back has
   * been spent whole.
   */
  settle(leases: readonly Lease[], spent: Units): void {
    const left = { ...spent };
    for (const { id, amounts } of leases) {
      const units: Units = {};
      for (const [counter, held] of Object.entries(amounts)) {
        units[counter] = Math.min(left[counter] ?? 0, Number(held));
        left[counter] = (left[counter] ?? 0) - units[counter];
      }
      if (this.#budget.leases.some((lease) => lease.id === id)) this.#budget.settle(id, units);
    }
    this.#store();
  }

  /** Takes back the leases whose time is over. */
  reclaim(): void {
    this.#alarm = undefined;
    this.#budget.reclaim(Date.now());
    this.#store();
  }

  /** Where the units of each counter are. */
  balances() {
    return Object.fromEntries(
      this.#budget.counters.map((name) => [name, this.#budget.balance(name)]),
    );
  }

  #free(counter: string): number {
    return Number(this.#budget.balance(counter)?.free ?? 0);
  }

  /** Keeps the budget, and has the object woken when the next lease ends. */
  #store(): void {
    const state = JSON.stringify(this.#budget.state());
    this.#storage.sql.exec("INSERT OR REPLACE INTO kept VALUES ('budget', ?)", state);
    const expiry = this.#budget.nextExpiryMs;
    if (expiry === undefined || (this.#alarm !== undefined && this.#alarm <= Number(expiry)))
      return;
    this.#alarm = Number(expiry);
    void this.#storage.setAlarm(this.#alarm);
  }
}
