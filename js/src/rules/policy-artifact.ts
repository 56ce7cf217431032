/**
 * Policies as rules.
 *
 * @module
 */

import { PolicyArtifact as Raw, policyPayload } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { decode } from "../internal/tree.js";
import { requireBytes } from "../internal/wire.js";
import type { PolicyInput } from "../policy.js";
import { call, made } from "./instance.js";
import { CompiledRule, type RuleHeaderInput, rawRule } from "./rule.js";

/** A compiled pattern of a policy. */
export interface PolicyPattern {
  /** The name under which its matches are recorded. */
  readonly id: string;
  /** What happens where it matches. */
  readonly action: "halt" | "redact" | "flag";
}

/** A policy with its compiled patterns, read from a rule and checked to the last byte. */
export class PolicyArtifact {
  /** The policy, every field given: what guards and sessions take. */
  readonly policy: PolicyInput;
  /** The compiled patterns in their order. */
  readonly patterns: readonly PolicyPattern[];
  /** The compiled patterns as bytes; none where the policy has none. */
  readonly tables: Uint8Array | undefined;

  /**
   * The policy that a rule is.
   *
   * @throws {PolicyArtifactError} when it is none
   */
  constructor(rule: CompiledRule) {
    const rule_ = rawRule("rule", rule);
    const raw = made(() => Raw.of(rule_));
    this.policy = JSON.parse(call(() => raw.policy())) as PolicyInput;
    this.patterns = decode(call(() => raw.patterns())) as unknown as PolicyPattern[];
    const tables = call(() => raw.tables());
    this.tables = tables.length === 0 ? undefined : tables;
    raw.free();
  }
}

/**
 * A rule of a policy, and of patterns that were compiled elsewhere.
 *
 * @throws {PolicyArtifactError} when the policy is not valid, or the patterns are none
 * @throws {ArtifactError} when the header is none
 */
export function policyRule(
  header: Omit<RuleHeaderInput, "target">,
  policy: PolicyInput,
  tables: Uint8Array = new Uint8Array(),
): CompiledRule {
  requireBytes("tables", tables);
  let text: string | undefined;
  try {
    text = JSON.stringify(policy);
  } catch {
    // A circle, or a bigint.
  }
  if (text === undefined) throw new ArgumentError("policy", { value: policy, bound: "a policy" });
  const json = text;
  const payload = call(() => policyPayload(json, tables));
  return new CompiledRule({ ...header, target: "data/1" }, payload);
}
