// What there must be one of per tenant: its budget and its ledger. A stream comes here when it starts and when it ends, with
// a halt, and when its lease runs low; never with a token.

import { DurableObject } from "cloudflare:workers";
import type { LedgerEvent } from "interlock-wasm";
import type { Lease } from "interlock-wasm/covenant";

import type { Env } from "../upstream.js";
import { StoredBudget, type Units } from "./budget.js";
import { Evidence, type Proof } from "./evidence.js";

export class Tenant extends DurableObject<Env> {
  readonly #budget: StoredBudget;
  #evidence!: Evidence;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT)");
    const ceilings = { tokens: Number(env.BUDGET_TOKENS), calls: Number(env.BUDGET_CALLS) };
    this.#budget = new StoredBudget(ctx.storage, ceilings);
    void ctx.blockConcurrencyWhile(async () => {
      this.#evidence = await Evidence.open(ctx, env.LEDGER_KEY);
    });
  }

  /** Sets a share of the budget aside for a stream: what is wanted or what is left. None when no token is left. */
  lease(wanted: Units): Lease | undefined {
    return this.#budget.lease(wanted, Number(this.env.LEASE_SECONDS) * 1000);
  }

  /** A stream's lease runs low. Tells how many units more it has: what is wanted or what is left. */
  topUp(lease: Lease, counter: string, wanted: number): number {
    return this.#budget.topUp(lease, counter, wanted);
  }

  /** Records what happened in a stream. When it has returned that is durable. */
  append(stream: string, events: LedgerEvent[]): Promise<void> {
    return this.#evidence.append(stream, events);
  }

  /** A stream is over: what it spent is spent, the rest of its lease is free again. */
  settle(stream: string, lease: Lease, spent: Units, events: LedgerEvent[]): Promise<void> {
    this.#budget.settle(lease, spent);
    return this.#evidence.append(stream, events);
  }

  /** Takes back the leases of streams that never said that they were over. */
  override alarm(): void {
    this.#budget.reclaim();
  }

  /** The last nodes, of all streams or of one, and what is left of the budget. */
  latest(limit: number, stream?: string) {
    return { ...this.#evidence.latest(limit, stream), budget: this.#budget.balances() };
  }

  /** The log's size and root, signed. */
  checkpoint(): string {
    return this.#evidence.checkpoint();
  }

  /** That a node is in the log of the checkpoint that comes with it. */
  proof(index: number): Proof | undefined {
    return this.#evidence.proof(index);
  }

  /** The ledger as a file. */
  export(): ReadableStream<Uint8Array> {
    return this.#evidence.export();
  }
}
