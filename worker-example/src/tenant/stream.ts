// What one stream has to do with its tenant: a lease when it starts, more of it when it runs low, its events, what it spent when
// it is over.

import {
  spentOf,
  type LedgerEvent,
  type SessionRecord,
  type StreamLease,
  type StreamTimings,
  type TopUpRequest,
} from "interlock-wasm";
import type { Lease } from "interlock-wasm/covenant";

import { ApiError } from "../errors.js";
import type { Env } from "../upstream.js";
import type { Units } from "./budget.js";
import type { Tenant } from "./tenant.js";

type TenantStub = DurableObjectStub<Tenant>;

/** The tenant of a request: whose key it brings. The key itself is kept nowhere. */
export async function tenantOf(request: Request, env: Env): Promise<TenantStub> {
  const { headers } = request;
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  const key = bearer ?? headers.get("x-api-key") ?? headers.get("x-goog-api-key") ?? undefined;
  if (key === undefined) return env.TENANTS.getByName("anonymous");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return env.TENANTS.getByName(
    Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  );
}

/** Records why a request goes nowhere, and tells the client under which name. */
export async function refuse(
  tenant: TenantStub,
  events: LedgerEvent[],
  refusal: ApiError,
): Promise<ApiError> {
  const id = crypto.randomUUID();
  await tenant.append(id, events);
  return refusal.with({ "x-interlock-stream": id });
}

/** A stream that holds a lease. */
export class TenantStream {
  readonly id = crypto.randomUUID();
  /** Settles when the tenant knows that the stream is over. */
  readonly settled: Promise<void>;
  /** What it may spend, until when, and how it gets more. */
  readonly lease: StreamLease;
  readonly #tenant: TenantStub;
  readonly #lease: Lease;
  readonly #events: LedgerEvent[];
  #over!: (settled: Promise<void>) => void;

  private constructor(tenant: TenantStub, lease: Lease, events: LedgerEvent[]) {
    this.#tenant = tenant;
    this.#events = events;
    this.#lease = lease;
    this.lease = { ...lease, topUp: this.#topUp };
    this.settled = new Promise((resolve) => (this.#over = resolve));
  }

  /** Takes the lease: before the upstream is asked, which costs something. `events` is what was found in the request. */
  static async open(
    tenant: TenantStub,
    wanted: Units,
    events: LedgerEvent[],
  ): Promise<TenantStream> {
    const lease = await tenant.lease(wanted);
    if (lease !== undefined) return new TenantStream(tenant, lease, events);
    throw new ApiError(429, "The budget of this key is spent.", { code: "insufficient_quota" });
  }

  /** Takes an event for the ledger. A halt is recorded at once, and its ending waits for that; others go with the end. */
  readonly ledger = (event: LedgerEvent): Promise<void> | undefined => {
    this.#events.push(event);
    return event.kind === "session.halt" ? this.#tenant.append(this.id, this.#take()) : undefined;
  };

  /** The lease runs low: as much again as it began with, so that the tenant is asked once in as many tokens. */
  readonly #topUp = ({ counter, missing, most }: TopUpRequest): Promise<number> => {
    const share = Number(this.#lease.amounts[counter] ?? 0);
    return this.#tenant.topUp(this.#lease, counter, Math.min(Math.max(share, missing), most));
  };

  /** The stream is over; without a record, it never began. */
  readonly end = (record?: SessionRecord): void => {
    const spent = record === undefined ? {} : spentOf(record);
    this.#addTimings(record?.timings);
    this.#over(this.#tenant.settle(this.id, this.#lease, spent, this.#take()));
  };

  /** The summary of the stream gets what only the host can tell: how long it took. */
  #addTimings(timings: StreamTimings | undefined): void {
    const at = this.#events.findIndex(({ kind }) => kind === "session.end");
    const summary = this.#events[at];
    if (summary === undefined || timings === undefined) return;
    const told = JSON.parse(new TextDecoder().decode(summary.payload)) as object;
    const bytes = new TextEncoder().encode(JSON.stringify({ ...told, timings }));
    this.#events[at] = { ...summary, payload: new Uint8Array(bytes) };
  }

  #take(): LedgerEvent[] {
    return this.#events.splice(0);
  }
}
