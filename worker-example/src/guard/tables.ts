// The compiled patterns that guards search for: the sets of the package, and those that came with a policy.

import { GuardTables } from "interlock-wasm";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";

import type { ActiveRule } from "../rules/rules.js";

/** Versions of policies whose tables an isolate keeps. A stream that runs keeps what it has. */
const MOST_KEPT = 4;

/** By hash of the policy's artifact. */
const kept = new Map<string, GuardTables>();
let own: GuardTables | undefined;

/** The tables of a policy; of the one in this Worker where no other is active. */
export async function tablesOf(rule?: ActiveRule): Promise<GuardTables> {
  // Made when the first stream begins, not when the isolate starts.
  own ??= await readTables();
  if (rule?.tables === undefined) return own;
  const known = kept.get(rule.sha256);
  if (known !== undefined) return known;
  const tables = await readTables(rule.tables);
  const [oldest] = kept.keys();
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(rule.sha256, tables);
  return tables;
}

/** The tables of an artifact, if it has any, and for what is not in them the sets of the package. */
export async function readTables(bytes?: Uint8Array): Promise<GuardTables> {
  if (bytes === undefined) return new GuardTables(redactSets, haltSets);
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0"));
  return new GuardTables({ bytes, sha256: digits.join("") }, redactSets, haltSets);
}
