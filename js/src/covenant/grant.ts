/**
 * Grants: what somebody may do, from proposal to end.
 *
 * @module
 */

import { Grant as Raw } from "../../wasm/covenant.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Whole, word } from "../internal/wire.js";
import { call, instance, made } from "./instance.js";
import { type Terms, type TermsInput, termsFrom, termsWire } from "./terms.js";

/**
 * Where a grant is in its life:
 *
 * - `proposed`: somebody wants it
 * - `negotiating`: its terms are discussed
 * - `granted`: it allows what it says
 * - `revoked`: it was taken back, and may be granted again
 * - `expired`: its time is over, for good
 */
export type GrantState = "proposed" | "negotiating" | "granted" | "revoked" | "expired";

/** A change in a grant's life. */
export interface Transition {
  /** Version of the grant. */
  readonly version: number;
  /** What it was; nothing when it was made. */
  readonly from: GrantState | null;
  /** What it is. */
  readonly to: GrantState;
  /** When, in ms. */
  readonly atMs: Whole;
  /** Who did it. */
  readonly by: string;
  /** The transition as the ledger keeps it, under {@link TRANSITION_KIND}: JSON, always the same bytes. */
  readonly record: string;
}

/** What decisions are called among the kinds of the ledger. */
export const DECISION_KIND = "covenant.decision";
/** What transitions of grants are called among the kinds of the ledger. */
export const TRANSITION_KIND = "covenant.transition";

const STEPS = ["negotiate", "grant", "revoke", "expire"] as const;

/**
 * A version of what somebody may do. Times are whole ms; a clock that runs backwards is refused.
 *
 * ```js
 * import { Grant } from "interlock-wasm/covenant";
 *
 * const terms = { permissions: [{ capability: "fs.read", resource: "docs/**" }] };
 * using grant = Grant.propose("assistant", terms, "ada", 1_000);
 * grant.grant("grace", 2_000);
 * grant.state; // "granted"
 *
 * // A part of it for somebody else: it can only do less.
 * const drafts = { permissions: [{ capability: "fs.read", resource: "docs/drafts/*" }] };
 * using part = grant.attenuate("helper", drafts, "assistant", 3_000);
 * ```
 */
export class Grant extends Owned<Raw> {
  /** @internal */
  constructor(raw: Raw) {
    super(instance, raw);
  }

  /** The object in the module. @internal */
  get handle(): Raw {
    return this.raw;
  }

  /**
   * A proposal, of version 1.
   *
   * @throws {GrantError} {@link PermissionError} {@link PatternError} when a name or the terms are refused, or its time
   *   would be over
   */
  static propose(id: string, terms: TermsInput, by: string, nowMs: Whole): Grant {
    return make(id, undefined, terms, by, nowMs);
  }

  /**
   * A version that others have decided about, as the author of a policy: granted from the start.
   *
   * @throws {GrantError} as {@link Grant.propose}
   */
  static issued(id: string, version: number, terms: TermsInput, by: string, nowMs: Whole): Grant {
    requireCount("version", version);
    return make(id, version, terms, by, nowMs);
  }

  /** Its name. */
  get id(): string {
    const { raw } = this;
    return call(() => raw.id());
  }

  /** Its version, from 1. */
  get version(): number {
    const { raw } = this;
    return call(() => raw.version());
  }

  /** Where it is in its life. What has come to its end without anybody saying so is told by {@link Grant.isActive}. */
  get state(): GrantState {
    const { raw } = this;
    return call(() => raw.state()) as GrantState;
  }

  /** What it allows. */
  get terms(): Terms {
    const { raw } = this;
    return termsFrom(decode(call(() => raw.terms())));
  }

  /** Where it comes from, when it was derived. */
  get parent(): { readonly grant: string; readonly version: number } | undefined {
    const { raw } = this;
    const parent = decode(call(() => raw.parent())) as {
      readonly grant: string;
      readonly version: number;
    } | null;
    return parent ?? undefined;
  }

  /** Every transition of this version, in order. */
  get history(): readonly Transition[] {
    const { raw } = this;
    return decode(call(() => raw.history())) as unknown as Transition[];
  }

  /** Whether its time is over. */
  isOver(nowMs: Whole): boolean {
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return call(() => raw.isOver(now));
  }

  /** Whether it allows what it says: it is granted and its time is not over. */
  isActive(nowMs: Whole): boolean {
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return call(() => raw.isActive(now));
  }

  #step(operation: (typeof STEPS)[number], by: string, nowMs: Whole): Transition {
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    const transition = call(() => raw.step(STEPS.indexOf(operation), by, now));
    return Object.freeze(decode(transition) as unknown as Transition);
  }

  /**
   * Begins to discuss its terms.
   *
   * @throws {GrantError} unless it is proposed, or when the clock ran back
   */
  negotiate(by: string, nowMs: Whole): Transition {
    return this.#step("negotiate", by, nowMs);
  }

  /**
   * Lets it allow what it says.
   *
   * @throws {GrantError} when it is granted or expired, or its time is over, or the clock ran back
   */
  grant(by: string, nowMs: Whole): Transition {
    return this.#step("grant", by, nowMs);
  }

  /**
   * Takes it back. Enforcers and registries keep the grant that they were given: see `Enforcer.revoke` and `GrantRegistry`.
   *
   * @throws {GrantError} unless it is granted, or when the clock ran back
   */
  revoke(by: string, nowMs: Whole): Transition {
    return this.#step("revoke", by, nowMs);
  }

  /**
   * Notes that its time is over.
   *
   * @throws {GrantError} when it is not, or that has been noted, or the clock ran back
   */
  expire(by: string, nowMs: Whole): Transition {
    return this.#step("expire", by, nowMs);
  }

  /**
   * A proposal of the next version with other terms. This version stays as it is. A derived grant is derived again
   * instead.
   *
   * @throws {GrantError} when it is expired or derived, or the terms are refused, or the clock ran back
   */
  amend(terms: TermsInput, by: string, nowMs: Whole): Grant {
    const crossing = termsWire(terms);
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return new Grant(made(() => raw.amend(crossing, by, now)));
  }

  /**
   * A proposal for somebody who gets a part of this: each of its permissions lies within one of this grant's. It has this
   * grant's gates before its own, its end where it names none, and of every counter its ceiling or a lower one.
   *
   * @throws {GrantError} `grant-widens` when it would have more of anything, `grant-inactive` unless this grant is active
   */
  attenuate(id: string, terms: TermsInput, by: string, nowMs: Whole): Grant {
    requireText("id", id);
    const crossing = termsWire(terms);
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return new Grant(made(() => raw.attenuate(id, crossing, by, now)));
  }
}

function make(
  id: string,
  version: number | undefined,
  terms: TermsInput,
  by: string,
  nowMs: Whole,
): Grant {
  requireText("id", id);
  const crossing = termsWire(terms);
  requireText("by", by);
  const now = word("nowMs", nowMs);
  return new Grant(made(() => Raw.create(id, version, crossing, by, now)));
}
