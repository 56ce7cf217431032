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
   * counts as spent.
   */
  lease(wanted: Units, durationMs: number): Lease | undefined {
    this.#budget.reclaim(Date.now());
    const units = Object.fromEntries(
      Object.entries(wanted).map(([counter, most]) => [
        counter,
        Math.min(most, this.#free(counter)),
      ]),
    );
    if (units.tokens === 0) return undefined;
    const lease = this.#budget.lease(units, Date.now(), durationMs + GRACE_MS, "spend");
    this.#store();
    return { ...lease, expiresAtMs: Number(lease.expiresAtMs) - GRACE_MS };
  }

  /** More of a counter for a lease: what is wanted or what is left. Tells how many units that is. */
  topUp({ id }: Lease, counter: string, wanted: number): number {
    this.#budget.reclaim(Date.now());
    const units = Math.min(wanted, this.#free(counter));
    // A stream whose lease was taken back gets nothing: it is about to halt.
    if (units === 0 || !this.#isOpen(id)) return 0;
    this.#budget.topUp(id, { [counter]: units }, Date.now());
    this.#store();
    return units;
  }

  /** What was spent of a lease is spent, the rest is free. One that was taken back has been spent whole. */
  settle({ id }: Lease, spent: Units): void {
    if (!this.#isOpen(id)) return;
    this.#budget.settle(id, spent);
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

  #isOpen(id: Lease["id"]): boolean {
    return this.#budget.leases.some((lease) => lease.id === id);
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
