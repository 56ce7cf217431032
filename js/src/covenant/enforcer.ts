/**
 * The one check before every operation.
 *
 * @module
 */

import { Enforcer as Raw, decisionRecord } from "../../wasm/covenant.js";
import { ArgumentError } from "../errors.js";
import { requireText } from "../internal/arguments.js";
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
import { Budget, budgetOf } from "./budget.js";
import { Grant } from "./grant.js";
import { GrantRegistry } from "./grant-registry.js";
import {
  call,
  instance,
  made,
  numbers,
  refuse,
  roomForNumbers,
  slot,
  textAt,
  thrown,
  writeAsciiToRoom,
  writeTexts,
} from "./instance.js";

// In the order of wasm/npm/src/covenant/enforcer.rs, the budget's last.
const REASONS = [
  "not-granted",
  "expired",
  "malformed-resource",
  "malformed-call",
  "no-permission",
  "review-rejected",
  "review-timed-out",
  "review-limit",
  "budget",
] as const;

/** Why an operation is denied. For `budget`, the decision's `subject` is the counter. */
export type DenyReason = (typeof REASONS)[number];

/** What becomes of an operation. */
export type Outcome =
  | {
      /** It may be done, and what it costs has been spent. */
      readonly outcome: "allow";
      /** Position of the permission that allows it. */
      readonly permission: number;
    }
  | {
      /** It may not be done. */
      readonly outcome: "deny";
      /** Why. */
      readonly reason: DenyReason;
    }
  | {
      /** It waits for a review: answer it, then {@link Enforcer.resume}. */
      readonly outcome: "review";
      /** Position of the gate. */
      readonly gate: number;
      /** The review: of this operation, or of another one of the gate. */
      readonly review: number;
    };

/** A decision on an operation, under a version of a grant. */
export type Decision = Outcome & {
  /** The grant's id. */
  readonly grant: string;
  /** Its version. */
  readonly version: number;
  /** When, in ms: never before an earlier decision of the same enforcer. */
  readonly atMs: number;
  /** What was to be done. */
  readonly capability: string;
  /** With what. */
  readonly resource: string;
  /** What decided: the pattern that allows it, the gate's name, the counter's; empty where nothing did. */
  readonly subject: string;
};

/** An operation to be decided. */
export interface Operation {
  /** What is to be done. */
  readonly capability: string;
  /** With what. */
  readonly resource: string;
  /** What it costs. */
  readonly costs?: Amounts | undefined;
}

/** A decision as it crosses. */
type Decided = [
  kind: number,
  what: number,
  review: number,
  version: number,
  atMs: number,
  subject: string,
];

/**
 * What has become of a review: somebody has to look, it may be done, it may not, nobody decided in time, or nobody did and
 * some operations pass until somebody does.
 */
export type ReviewState = "pending" | "approved" | "rejected" | "timed-out" | "limited";

/** An operation that waits for somebody to look at it. */
export interface Review {
  /** Its number. */
  readonly id: number;
  /** Position of its gate. */
  readonly gate: number;
  /** What is to be done. */
  readonly capability: string;
  /** With what. */
  readonly resource: string;
  /** What that costs. */
  readonly costs: Readonly<Record<string, Whole>>;
  /** When it was asked for, in ms. */
  readonly openedMs: Whole;
  /** When the gate's fallback applies. */
  readonly deadlineMs: Whole;
  /** Those of the gate's `escalation` are asked. */
  readonly isEscalated: boolean;
  /** Who has approved so far, each once. */
  readonly approvals: readonly string[];
  /** What has become of it. */
  readonly state: ReviewState;
}

/**
 * Answers for one grant what may be done: allow, deny and why, or review and at which gate.
 *
 * Checks happen in this order, and the first that fails decides: the grant is active, the resource is one, a permission
 * allows it, the budget has what it costs, and no gate wants a review. What is allowed has been paid for. Time is in ms; a
 * clock that runs backwards stands still here.
 *
 * ```js
 * import { Enforcer, Grant } from "interlock-wasm/covenant";
 *
 * const terms = {
 *   permissions: [
 *     { capability: "fs", resource: "read/**" },
 *     { capability: "fs", resource: "delete/tmp/*" },
 *   ],
 *   gates: [
 *     { name: "deletes", operations: { capability: "fs", resource: "delete/**" }, timeoutMs: 60_000 },
 *   ],
 *   ceilings: { calls: 100 },
 * };
 * using grant = Grant.issued("assistant", 1, terms, "ada", 0);
 * using enforcer = new Enforcer(grant);
 *
 * enforcer.check("fs", "read/a/b", { calls: 1 }, 1).outcome; // "allow"
 * enforcer.check("fs", "delete/etc", {}, 2).outcome; // "deny"
 * const { review } = enforcer.check("fs", "delete/tmp/x", {}, 3);
 * enforcer.approve(review, "grace", 4);
 * enforcer.resume(review, 5).outcome; // "allow"
 * ```
 */
export class Enforcer extends Owned<Raw> {
  /** Its budget, to reserve and settle what is not known beforehand. */
  readonly budget: Budget;
  readonly #grant: string;
  /** Patterns of permissions that have allowed something, by position: a text is slow to read, and these stay. */
  readonly #patterns = new Map<number, string>();

  /**
   * The enforcer of a grant, as it is now, with a budget of its ceilings.
   *
   * @param budget - instead of that: a share, or one that was stored. From now on it is the enforcer's: both spend from it
   * @throws {BudgetError} when the ceilings are no budget
   * @throws {ArgumentError} when the budget is another enforcer's
   */
  constructor(grant: Grant, budget?: Budget) {
    if (!(grant instanceof Grant)) {
      throw new ArgumentError("grant", { value: grant, bound: "a Grant" });
    }
    if (budget !== undefined && !(budget instanceof Budget)) {
      throw new ArgumentError("budget", { value: budget, bound: "a Budget" });
    }
    const { handle } = grant;
    const given = budget?.handle;
    const raw = made(() =>
      given === undefined ? Raw.create(handle) : Raw.withBudget(handle, given),
    );
    if ((raw as Raw | undefined) === undefined) {
      throw new ArgumentError("budget", { message: "it is another enforcer's" });
    }
    super(instance, raw);
    this.#grant = grant.id;
    this.budget = budget ?? budgetOf(call(() => raw.budget()));
  }

  /** Its grant, as it is now: a copy. */
  get grant(): Grant {
    const { raw } = this;
    return new Grant(call(() => raw.grant()));
  }

  /** Decides an operation that costs so much. */
  check(capability: string, resource: string, costs: Amounts | undefined, nowMs: Whole): Decision {
    const { raw } = this;
    if (
      costs === undefined &&
      isCount(nowMs) &&
      typeof capability === "string" &&
      typeof resource === "string" &&
      writeTexts(capability, resource)
    ) {
      let isDecided: boolean;
      try {
        isDecided = raw.checkWritten(capability.length, resource.length, nowMs);
      } catch (error) {
        throw thrown(error);
      }
      if (!isDecided) refuse();
      return this.#left(capability, resource);
    }
    requireText("capability", capability);
    requireText("resource", resource);
    const crossing = costs === undefined ? undefined : wire(amountsWire("costs", costs));
    const now = word("nowMs", nowMs);
    call(() => {
      raw.check(capability, resource, crossing, now);
    });
    return this.#left(capability, resource);
  }

  /** The decision that the last call left. */
  #left(capability: string, resource: string): Decision {
    const subject = this.#subject();
    return this.#decision(
      slot(0),
      slot(1),
      slot(2),
      slot(3),
      slot(4),
      subject,
      capability,
      resource,
    );
  }

  #subject(): string {
    const allowed = slot(0) === 0 ? slot(1) : undefined;
    const known = allowed === undefined ? undefined : this.#patterns.get(allowed);
    if (known !== undefined) return known;
    const subject = slot(6) === 0 ? "" : textAt(slot(5), slot(6));
    if (allowed !== undefined) this.#patterns.set(allowed, subject);
    return subject;
  }

  #decision(
    kind: number,
    what: number,
    review: number,
    version: number,
    atMs: number,
    subject: string,
    capability: string,
    resource: string,
  ): Decision {
    const grant = this.#grant;
    // Written out: engines take long to spread one object into another.
    if (kind === 0) {
      const permission = what;
      return { outcome: "allow", permission, grant, version, atMs, capability, resource, subject };
    }
    if (kind === 2) {
      const gate = what;
      return {
        outcome: "review",
        gate,
        review,
        grant,
        version,
        atMs,
        capability,
        resource,
        subject,
      };
    }
    const reason = REASONS[what] ?? "budget";
    return { outcome: "deny", reason, grant, version, atMs, capability, resource, subject };
  }

  /**
   * Decides operations of one capability on many resources at one time, in one crossing, each as {@link Enforcer.check} does
   * one without costs. Of each the position of the permission that allows it, or -1: it is denied, or waits for one of
   * {@link Enforcer.reviews}.
   */
  allowed(capability: string, resources: readonly string[], nowMs: Whole): Int32Array {
    requireText("capability", capability);
    requireList("resources", resources);
    const count = resources.length;
    // First how long each resource is, then what becomes of it.
    const found = new Int32Array(count);
    let texts = capability;
    for (let index = 0; index < count; index += 1) {
      const resource = resources[index];
      if (typeof resource !== "string") requireText(`resources[${index}]`, resource);
      found[index] = resource.length;
      texts += resource;
    }
    const now = word("nowMs", nowMs);
    const { raw } = this;
    if (!writeAsciiToRoom(texts)) return this.#allowedByOne(capability, resources, nowMs);
    const at = roomForNumbers(count);
    numbers().set(found, at);
    call(() => {
      raw.allowed(capability.length, now);
    });
    const decided = numbers();
    for (let index = 0; index < count; index += 1) found[index] = decided[at + index] ?? -1;
    return found;
  }

  /** As {@link Enforcer.allowed}, where some have more bytes than characters. */
  #allowedByOne(capability: string, resources: readonly string[], nowMs: Whole): Int32Array {
    const texts = Array.from(resources);
    for (const [index, text] of texts.entries()) requireText(`resources[${index}]`, text);
    return Int32Array.from(texts, (resource) => {
      const decision = this.check(capability, resource, undefined, nowMs);
      return decision.outcome === "allow" ? decision.permission : -1;
    });
  }

  /** Decides operations at one time, in one crossing. */
  checkMany(operations: readonly Operation[], nowMs: Whole): Decision[] {
    requireList("operations", operations);
    const crossing = wire(
      operations.map((operation, index) => {
        const name = `operations[${index}]`;
        requireFields(name, operation, ["capability", "resource", "costs"]);
        const { capability, resource, costs = [] } = operation;
        requireText(`${name}.capability`, capability);
        requireText(`${name}.resource`, resource);
        return [capability, resource, amountsWire(`${name}.costs`, costs)];
      }),
    );
    const now = word("nowMs", nowMs);
    const { raw } = this;
    const decided = decode(call(() => raw.checkMany(crossing, now))) as unknown as Decided[];
    return decided.map((row, index) => {
      const { capability = "", resource = "" } = operations[index] ?? {};
      return this.#decision(...row, capability, resource);
    });
  }

  /**
   * Somebody who is asked approves a review. With the last approval that its gate asks for, its operation may be done
   * ({@link Enforcer.resume}), and the gate's count begins again at 0.
   *
   * @throws {ReviewError} when it has been decided or its time is over, or it is not for them to decide
   */
  approve(review: Whole, approver: string, nowMs: Whole): ReviewState {
    return this.#decide(review, approver, nowMs, true);
  }

  /**
   * Somebody who is asked rejects a review: its operation is denied.
   *
   * @throws {ReviewError} as {@link Enforcer.approve}
   */
  reject(review: Whole, approver: string, nowMs: Whole): ReviewState {
    return this.#decide(review, approver, nowMs, false);
  }

  #decide(review: Whole, approver: string, nowMs: Whole, approves: boolean): ReviewState {
    const [number, now] = [word("review", review), word("nowMs", nowMs)];
    requireText("approver", approver);
    const { raw } = this;
    return call(() => raw.decide(number, approver, now, approves)) as ReviewState;
  }

  /**
   * Decides the operation of a review again, and exactly that one: with its review approved it passes that gate once. What
   * else must hold is checked anew.
   *
   * @throws {ReviewError} when there is no such review, or its operation has been decided
   */
  resume(review: Whole, nowMs: Whole): Decision {
    const [number, now] = [word("review", review), word("nowMs", nowMs)];
    const { raw } = this;
    const asked = this.reviews.find(({ id }) => BigInt(id) === number);
    call(() => {
      raw.resume(number, now);
    });
    return this.#left(asked?.capability ?? "", asked?.resource ?? "");
  }

  /** Notes the time: reviews whose time is over take the fallback of their gates. */
  advance(nowMs: Whole): void {
    const now = word("nowMs", nowMs);
    const { raw } = this;
    call(() => {
      raw.advance(now);
    });
  }

  /** When the next review takes its gate's fallback, for a host that sets a timer. */
  get nextDeadlineMs(): Whole | undefined {
    const { raw } = this;
    const next = call(() => raw.nextDeadlineMs());
    return next === undefined ? undefined : whole(next);
  }

  /** Reviews that have not been decided, or whose operation nobody came back for. */
  get reviews(): Review[] {
    const { raw } = this;
    const reviews = decode(call(() => raw.reviews())) as unknown as Review[];
    return reviews.map((review) => ({ ...review, costs: amountsFrom(review.costs) }));
  }

  /**
   * Takes the grant back: nothing is allowed from now on.
   *
   * @throws {GrantError} unless it is granted
   */
  revoke(by: string, nowMs: Whole): void {
    this.#revoke(by, nowMs, false);
  }

  /**
   * Grants it again.
   *
   * @throws {GrantError} when it is granted or expired, or its time is over
   */
  regrant(by: string, nowMs: Whole): void {
    this.#revoke(by, nowMs, true);
  }

  /**
   * Follows what a registry says of the grant: when it or one that it comes from is not active there, or it is not known
   * there, nothing is allowed from now on.
   *
   * @param by - who is said to have taken the grant back, where that is done
   * @returns whether the grant is active
   * @throws {GrantError} when the name is none
   */
  follow(registry: GrantRegistry, by: string, nowMs: Whole): boolean {
    if (!(registry instanceof GrantRegistry)) {
      throw new ArgumentError("registry", { value: registry, bound: "a GrantRegistry" });
    }
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    const { handle } = registry;
    return call(() => raw.follow(handle, by, now));
  }

  #revoke(by: string, nowMs: Whole, again: boolean): void {
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    call(() => {
      raw.revoke(by, now, again);
    });
  }
}

/**
 * A decision as the ledger keeps it, under `DECISION_KIND`: one JSON object without white space. The same decision is
 * always the same bytes, on every host.
 */
export function decisionToJson(decision: Decision): string {
  const { grant, version, atMs, capability, resource, subject } = decision;
  const [kind, what, review] =
    decision.outcome === "allow"
      ? [0, decision.permission, 0]
      : decision.outcome === "deny"
        ? [1, REASONS.indexOf(decision.reason), 0]
        : [2, decision.gate, decision.review];
  const [at, number] = [word("decision.atMs", atMs), word("decision.review", review)];
  return call(() =>
    decisionRecord(grant, version, at, capability, resource, kind, what, number, subject),
  );
}
