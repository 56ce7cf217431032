/**
 * Grants that hang together: what is taken from one is taken from all that were derived from it.
 *
 * @module
 */

import { GrantRegistry as Raw } from "../../wasm/covenant.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Whole, word } from "../internal/wire.js";
import { Grant } from "./grant.js";
import { call, instance, made } from "./instance.js";
import { type TermsInput, termsWire } from "./terms.js";

// In the order of wasm/npm/src/covenant/grant_registry.rs.
const STEPS = ["grant", "revoke", "expire"] as const;

/** A grant's name and version, as they come out. */
type Name = readonly [id: string, version: number];

/**
 * All versions of some grants, each derived one with those that it comes from.
 *
 * A grant by itself knows its parent's name and no more. A registry knows the parent: no grant is active while one that it
 * comes from is not, and when a grant is taken back, so is what was derived from it. Granting that again brings nothing back
 * that was derived: each is granted again by itself, or not. `Enforcer.follow` tells an enforcer.
 *
 * Grants come out as copies: what is done to one is not done to the registry's.
 *
 * ```js
 * import { Enforcer, Grant, GrantRegistry } from "interlock-wasm/covenant";
 *
 * const docs = { permissions: [{ capability: "fs.read", resource: "docs/**" }] };
 * using registry = new GrantRegistry();
 * registry.insert(Grant.issued("assistant", 1, docs, "ada", 0));
 * registry.attenuate("assistant", 1, "helper", docs, "assistant", 1);
 * using helper = new Enforcer(registry.grant("helper", 1, "ada", 2));
 *
 * registry.revoke("assistant", 1, "ada", 3).map(({ id }) => id); // ["assistant", "helper"]
 * helper.follow(registry, "registry", 4); // false
 * helper.check("fs.read", "docs/a", {}, 5).outcome; // "deny"
 * ```
 */
export class GrantRegistry extends Owned<Raw> {
  /** No grants yet. */
  constructor() {
    super(
      instance,
      call(() => Raw.create()),
    );
  }

  /** The object in the module. @internal */
  get handle(): Raw {
    return this.raw;
  }

  /**
   * Adds a grant as it is now, of which no version of this number is there.
   *
   * @throws {GrantError} `grant-exists`; `grant-unknown` when it was derived from one that is not there, `grant-terms` when it
   *   was derived more than 64 times, `grant-widens` and `grant-derived` when it has more than that one or lacks an end, a
   *   gate or a ceiling of it, `grant-inactive` when it is granted and one that it comes from is not
   */
  insert(grant: Grant): void {
    if (!(grant instanceof Grant)) {
      throw new ArgumentError("grant", { value: grant, bound: "a Grant" });
    }
    const { raw } = this;
    const { handle } = grant;
    call(() => {
      raw.insert(handle);
    });
  }

  /** A version of a grant, or nothing. */
  get(id: string, version: number): Grant | undefined {
    requireName(id, version);
    const { raw } = this;
    const grant = call(() => raw.get(id, version));
    return grant && new Grant(grant);
  }

  /** Every grant, by name and then version. */
  get grants(): Grant[] {
    const { raw } = this;
    return this.#named(call(() => raw.grants()));
  }

  /** Copies of the grants of some names and versions. */
  #named(names: Uint8Array): Grant[] {
    const { raw } = this;
    const pairs = decode(names) as unknown as Name[];
    return pairs.map(([id, version]) => new Grant(made(() => raw.get(id, version))));
  }

  /** A copy of the one grant of a name and version. */
  #first(names: Uint8Array): Grant {
    const { raw } = this;
    const [[id, version]] = decode(names) as unknown as [Name];
    return new Grant(made(() => raw.get(id, version)));
  }

  /** Whether a version of a grant allows what it says: it is active, and so are all that it comes from. */
  isActive(id: string, version: number, nowMs: Whole): boolean {
    requireName(id, version);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return call(() => raw.isActive(id, version, now));
  }

  /**
   * Derives a proposal from a version of a grant, as {@link Grant.attenuate}, and adds it.
   *
   * @param derived - the id of what is derived
   * @throws {GrantError} as there and as {@link GrantRegistry.insert}; `grant-inactive` also when one that the grant comes
   *   from is not active
   */
  attenuate(
    id: string,
    version: number,
    derived: string,
    terms: TermsInput,
    by: string,
    nowMs: Whole,
  ): Grant {
    requireName(id, version);
    requireText("derived", derived);
    const crossing = termsWire(terms);
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    const names = call(() => raw.attenuate(id, version, derived, crossing, by, now));
    return this.#first(names);
  }

  /**
   * Lets a version of a grant allow what it says, as {@link Grant.grant}.
   *
   * @throws {GrantError} as there; `grant-unknown`; `grant-inactive` when one that it comes from is not active
   */
  grant(id: string, version: number, by: string, nowMs: Whole): Grant {
    return this.#first(this.#step("grant", id, version, by, nowMs));
  }

  /**
   * Notes that the time of a version of a grant is over, as {@link Grant.expire}. What was derived from it ends no later.
   *
   * @throws {GrantError} as there; `grant-unknown`
   */
  expire(id: string, version: number, by: string, nowMs: Whole): Grant {
    return this.#first(this.#step("expire", id, version, by, nowMs));
  }

  /**
   * Takes back a version of a grant and everything granted that was derived from it, however often. Gives what was taken
   * back, the grant itself first: each has its transition, and whoever enforces one of them has to be told.
   *
   * @throws {GrantError} as {@link Grant.revoke}, for the grant and for each of the others, and nothing was taken back;
   *   `grant-unknown`
   */
  revoke(id: string, version: number, by: string, nowMs: Whole): Grant[] {
    return this.#named(this.#step("revoke", id, version, by, nowMs));
  }

  /** Takes a step, and gives the names and versions of the grants that took it. */
  #step(
    step: (typeof STEPS)[number],
    id: string,
    version: number,
    by: string,
    nowMs: Whole,
  ): Uint8Array {
    requireName(id, version);
    requireText("by", by);
    const now = word("nowMs", nowMs);
    const { raw } = this;
    return call(() => raw.step(STEPS.indexOf(step), id, version, by, now));
  }
}

function requireName(id: string, version: number): void {
  requireText("id", id);
  requireCount("version", version);
}
