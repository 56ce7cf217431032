// The compiled patterns that guards search for: the sets of the package, and those that came with a policy.

import { type GuardArtifact, GuardTables } from "interlock-wasm";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";

import type { ActiveRule } from "../rules/rules.js";

/** Versions of policies whose tables an isolate keeps. A stream that runs keeps what it has. */
const MOST_KEPT = 4;

/** By hash of the policy's artifact. */
const kept = new Map<string, GuardTables>();
let own: GuardTables | undefined;

/** The tables of a policy; of the one in this Worker where no other is active. */
export function tablesOf(rule?: ActiveRule): GuardTables {
  // Made when the first stream begins, not when the isolate starts.
  own ??= readTables();
  if (rule === undefined || rule.tables.length === 0) return own;
  const known = kept.get(rule.sha256);
  if (known !== undefined) return known;
  const tables = readTables(rule.tables);
  const [oldest] = kept.keys();
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(rule.sha256, tables);
  return tables;
}

/** The tables of an artifact, which has all that its policy asks for, and behind them the sets of the package. */
function readTables(tables: readonly GuardArtifact[] = []): GuardTables {
  return new GuardTables(...tables, redactSets, haltSets);
}
