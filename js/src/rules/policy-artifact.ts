/**
 * Policies as rules.
 *
 * @module
 */

import { PolicyArtifact as Raw, PolicyPatterns } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { fromHex } from "../internal/sha256.js";
import { decode } from "../internal/tree.js";
import { requireBytes } from "../internal/wire.js";
import type { ChannelKind, PolicyInput } from "../policy.js";
import type { GuardArtifact } from "../session/guard-tables.js";
import { call, made } from "./instance.js";
import { CompiledRule, type RuleHeaderInput, rawRule } from "./rule.js";

/** A compiled pattern of a policy. */
export interface PolicyPattern {
  /** The name under which its matches are recorded. */
  readonly id: string;
  /** What happens where it matches. */
  readonly action: "halt" | "redact" | "flag";
  /** The kinds of channels that are searched for it. */
  readonly channels: readonly ChannelKind[];
}

/**
 * A policy with its compiled patterns, read from a rule and checked to the last byte. Guards take both:
 *
 * ```js
 * import { GuardTables, guardStream } from "interlock-wasm";
 * import { PolicyArtifact } from "interlock-wasm/rules";
 *
 * const { policy, tables } = new PolicyArtifact(registry.active("answers"));
 * const guard = guardStream({ policy, guardTables: new GuardTables(...tables) });
 * ```
 */
export class PolicyArtifact {
  /** The policy, every field given: what guards and sessions take. Its guard names every pattern as a set. */
  readonly policy: PolicyInput;
  /** The compiled patterns in their order. */
  readonly patterns: readonly PolicyPattern[];
  /** The compiled patterns as bytes with their hashes: what `GuardTables` takes. None where the policy has none. */
  readonly tables: readonly GuardArtifact[];

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
    const tables: GuardArtifact[] = [];
    for (;;) {
      const own = call(() => raw.compiled(tables.length));
      if (own.length === 0) break;
      tables.push({ bytes: own.subarray(32), sha256: toHex(own.subarray(0, 32)) });
    }
    this.tables = tables;
    raw.free();
  }
}

/**
 * A rule of a policy, and of compiled patterns that have the sets of its guard.
 *
 * @throws {PolicyArtifactError} when the policy is not valid, the patterns are none, or a set is missing
 * @throws {ArtifactError} when the header is none
 */
export function policyRule(
  header: Omit<RuleHeaderInput, "target">,
  policy: PolicyInput,
  tables: readonly GuardArtifact[] = [],
): CompiledRule {
  const json = toJson(policy);
  const patterns = PolicyPatterns.empty();
  try {
    for (const { bytes, sha256 } of tables) {
      requireBytes("tables", bytes);
      const hash = fromHex(sha256);
      call(() => {
        patterns.add(bytes, hash);
      });
    }
    const payload = call(() => patterns.payload(json));
    return new CompiledRule({ ...header, target: "data/2" }, payload);
  } finally {
    patterns.free();
  }
}

function toJson(policy: PolicyInput): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(policy);
  } catch {
    // A circle, or a bigint.
  }
  if (text === undefined) throw new ArgumentError("policy", { value: policy, bound: "a policy" });
  return text;
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
