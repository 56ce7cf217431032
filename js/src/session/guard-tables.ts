/**
 * The compiled patterns of guards.
 *
 * @module
 */

import { GuardTables as Raw } from "../../wasm/interlock.js";
import { call, instance, made } from "../instance.js";
import { isBytes, notBytes } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { fromHex } from "../internal/sha256.js";

/** Compiled patterns, and the hash that they must have. */
export interface GuardArtifact {
  /** The artifact. */
  readonly bytes: Uint8Array;
  /** Its SHA-256, in hexadecimal. Other bytes are refused before they are decoded. */
  readonly sha256: string;
}

/**
 * The compiled patterns from which guards take their sets. Make it once: what a policy asks for is put together when it is
 * asked for first, and kept.
 *
 * ```js
 * import { GuardTables, guardText } from "interlock-wasm";
 * import { redactSets } from "interlock-wasm/guard-sets";
 *
 * const guardTables = new GuardTables(redactSets);
 * const policy = { guard: { rules: [{ sets: ["api-keys", "email"], action: "redact" }] } };
 * const { text } = await guardText("Write to ada@example.org.", { policy, guardTables });
 * text; // "Write to [redacted:email]."
 * ```
 */
export class GuardTables extends Owned<Raw> {
  /**
   * @param artifacts - where several have a set, the first one's is taken
   * @throws {ArgumentError} when the bytes of one have another hash, or are no artifact
   */
  constructor(...artifacts: readonly GuardArtifact[]) {
    super(
      instance,
      call(() => Raw.empty()),
    );
    try {
      for (const artifact of artifacts) this.#add(artifact);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  #add({ bytes, sha256 }: GuardArtifact): void {
    if (!isBytes(bytes)) throw notBytes("bytes", bytes);
    const hash = fromHex(sha256);
    const { raw } = this;
    made(() => {
      raw.add(bytes, hash);
      return true;
    });
  }

  /** @internal */
  lend(): Raw {
    return this.raw;
  }
}

/** Lends these tables, or for as long as it takes some without a set. */
export function withTables<T>(tables: GuardTables | undefined, use: (raw: Raw) => T): T {
  if (tables !== undefined) return use(tables.lend());
  const none = call(() => Raw.empty());
  try {
    return use(none);
  } finally {
    none.free();
  }
}
