/**
 * What a grant says.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { type Whole, type Wire, requireFields, requireList, wire, word } from "../internal/wire.js";
import { type Amounts, amountsFrom, amountsWire } from "./amounts.js";

/** Something may be done (a capability) with some resources. */
export interface Permission {
  /** What may be done: 1 to 128 bytes of visible ASCII without `*`, such as `tool-call`. */
  readonly capability: string;
  /**
   * With which resources: paths of segments with `/` between. `*` stands for any part of a segment, `**` as the last
   * segment for everything below.
   */
  readonly resource: string;
}

// In the order of wasm/npm/src/covenant/terms.rs.
const FALLBACKS = ["deny", "allow-limited", "escalate"] as const;

/**
 * What happens when nobody has decided in time:
 *
 * - `deny`: the operation is denied
 * - `allow-limited`: some operations pass, as many as the gate's `limit` says, until the review is decided after all
 * - `escalate`: others are asked, once, for the same time again: those of the gate's `escalation`; then it is denied
 */
export type Fallback = (typeof FALLBACKS)[number];

/**
 * Operations that somebody must look at first. The one that makes their count reach the threshold waits for a review, and
 * so does every other one of the gate while it is pending. With the approvals that the gate asks for, it is done and the
 * count begins again at 0.
 */
export interface ReviewGate {
  /** Its name, 1 to 256 bytes, once in a grant. */
  readonly name: string;
  /** Which operations. */
  readonly operations: Permission;
  /**
   * The how-manieth operation since the last approval waits, at least 1: each.
   * @defaultValue 1
   */
  readonly threshold?: number | undefined;
  /**
   * How many different people approve, 1 to 64.
   * @defaultValue 1
   */
  readonly approvals?: number | undefined;
  /** Who may approve and reject; anybody where it is empty. */
  readonly approvers?: readonly string[] | undefined;
  /**
   * How long a review may take, in ms; 0: nobody is waited for.
   * @defaultValue 0
   */
  readonly timeoutMs?: Whole | undefined;
  /**
   * What happens then.
   * @defaultValue "deny"
   */
  readonly fallback?: Fallback | undefined;
  /**
   * How many operations pass after a time-out, where some do.
   * @defaultValue 0
   */
  readonly limit?: number | undefined;
  /** Who is asked after a time-out, where others are; anybody where it is empty. */
  readonly escalation?: readonly string[] | undefined;
}

/** How much of each counter may be spent. */
export type Ceiling = Whole;

/** What a grant is to say. Nothing that it does not name is allowed. */
export interface TermsInput {
  /** What may be done. */
  readonly permissions?: readonly Permission[] | undefined;
  /** What of that somebody must look at. */
  readonly gates?: readonly ReviewGate[] | undefined;
  /** How much may be spent, each counter once. */
  readonly ceilings?: Amounts | undefined;
  /** When it ends, in ms; never where it says nothing. */
  readonly expiresAtMs?: Whole | undefined;
}

/** What a grant says. */
export interface Terms {
  /** What may be done. */
  readonly permissions: readonly Permission[];
  /** What of that somebody must look at. */
  readonly gates: readonly Required<ReviewGate>[];
  /** How much may be spent. */
  readonly ceilings: Readonly<Record<string, Ceiling>>;
  /** When it ends, in ms; nothing for never. */
  readonly expiresAtMs: Whole | undefined;
}

function permissionWire(name: string, permission: Permission): Wire {
  requireFields(name, permission, ["capability", "resource"]);
  const { capability, resource } = permission;
  requireText(`${name}.capability`, capability);
  requireText(`${name}.resource`, resource);
  return [capability, resource];
}

function namesWire(name: string, names: readonly string[]): Wire {
  requireList(name, names);
  names.forEach((text, index) => {
    requireText(`${name}[${index}]`, text);
  });
  return names;
}

const GATE = [
  ...["name", "operations", "threshold", "approvals", "approvers", "timeoutMs", "fallback"],
  ...["limit", "escalation"],
];

function gateWire(name: string, gate: ReviewGate): Wire {
  requireFields(name, gate, GATE);
  const { operations, threshold = 1, approvals = 1, approvers = [], timeoutMs = 0 } = gate;
  const { fallback = "deny", limit = 0, escalation = [] } = gate;
  requireText(`${name}.name`, gate.name);
  for (const [field, value] of Object.entries({ threshold, approvals, limit })) {
    requireCount(`${name}.${field}`, value);
  }
  const code = FALLBACKS.indexOf(fallback);
  if (code < 0) {
    throw new ArgumentError(`${name}.fallback`, { value: fallback, bound: FALLBACKS.join(", ") });
  }
  return [
    gate.name,
    permissionWire(`${name}.operations`, operations),
    threshold,
    approvals,
    namesWire(`${name}.approvers`, approvers),
    word(`${name}.timeoutMs`, timeoutMs),
    code,
    limit,
    namesWire(`${name}.escalation`, escalation),
  ];
}

/** Terms as they cross. @internal */
export function termsWire(terms: TermsInput): Uint8Array {
  requireFields("terms", terms, ["permissions", "gates", "ceilings", "expiresAtMs"]);
  const { permissions = [], gates = [], ceilings = {}, expiresAtMs } = terms;
  requireList("terms.permissions", permissions);
  requireList("terms.gates", gates);
  return wire([
    permissions.map((permission, index) =>
      permissionWire(`terms.permissions[${index}]`, permission),
    ),
    gates.map((gate, index) => gateWire(`terms.gates[${index}]`, gate)),
    amountsWire("terms.ceilings", ceilings),
    expiresAtMs === undefined ? null : word("terms.expiresAtMs", expiresAtMs),
  ]);
}

/** Terms that came out. @internal */
export function termsFrom(decoded: unknown): Terms {
  const { permissions, gates, ceilings, expiresAtMs } = decoded as Record<string, unknown>;
  return Object.freeze({
    permissions: permissions as Permission[],
    gates: gates as Required<ReviewGate>[],
    ceilings: amountsFrom(ceilings),
    expiresAtMs: (expiresAtMs ?? undefined) as Whole | undefined,
  });
}
