/**
 * A stream under a rule: its session, the version that it pins, and what a swap means for it.
 *
 * @module
 */

import { AdoptError, ArgumentError, PolicyError, SessionEndedError, TrapError } from "../errors.js";
import type { Whole } from "../internal/wire.js";
import type { PolicyInput } from "../policy.js";
import type { PolicyArtifact } from "../rules/policy-artifact.js";
import type { ActivePolicy, Pin, RuleRegistry } from "../rules/registry.js";
import { GuardTables } from "./guard-tables.js";
import { Session } from "./session.js";
import type { Dialect, VersionSpan } from "./types.js";

/** Nothing. */
const UNCHANGED = Object.freeze({ kind: "unchanged" });

/** Why a stream keeps its version. An {@link ArgumentError} where an option of its guard does not go with the policy. */
type Refused = AdoptError | PolicyError | SessionEndedError | ArgumentError;

/** What a swap meant for a stream. */
export type Adoption =
  /** It has the version that the rule's policy says. */
  | { readonly kind: "unchanged" }
  /** It keeps to the active version from the next segment on. */
  | { readonly kind: "adopted"; readonly version: Whole }
  /** It keeps the version that it has until it can change, or to its end. */
  | { readonly kind: "kept"; readonly error: Refused }
  /** The rule was stopped in an emergency, and the stream has been halted. */
  | { readonly kind: "stopped" };

/** What a policy becomes before it judges. */
type Adapt = (policy: PolicyInput) => PolicyInput;

/** The patterns of policies that streams began with: they cross and are linked once. */
const linked = new WeakMap<PolicyArtifact, GuardTables>();

function tablesOf(artifact: PolicyArtifact): GuardTables {
  let tables = linked.get(artifact);
  if (tables === undefined) {
    tables = new GuardTables(...artifact.tables);
    linked.set(artifact, tables);
  }
  return tables;
}

/**
 * A session that pins a version of a rule. Every segment is judged by one version, which {@link PinnedSession.versionOf}
 * names; text is never cut under one and judged under another. The registry is one of `interlock-wasm/rules`.
 *
 * ```js
 * import { PinnedSession } from "interlock-wasm";
 *
 * using stream = PinnedSession.begin(registry, "answers", "openai-chat");
 * for await (const bytes of upstream) {
 *   if (stream.refresh().kind === "stopped") break;
 *   stream.session.feed(bytes);
 * }
 * ```
 *
 * It is ended by {@link PinnedSession.end} or by `using`; whoever does neither keeps the version pinned.
 */
export class PinnedSession {
  readonly #registry: RuleRegistry;
  readonly #ruleId: string;
  readonly #pin: Pin;
  readonly #session: Session;
  readonly #spans: VersionSpan[];
  readonly #adapt: Adapt;
  #active: ActivePolicy;
  #hasEnded = false;
  /** What the registry was asked last, and the changes that it had seen then. */
  #last: Adoption = UNCHANGED;
  #seen: number;

  /** Ends it and frees its session, unless it was ended before, at the end of a block that declared it with `using`. */
  declare readonly [Symbol.dispose]: () => void;

  static {
    // Not every host has the symbol.
    if ("dispose" in Symbol) {
      Object.defineProperty(this.prototype, Symbol.dispose, {
        value(this: PinnedSession) {
          if (!this.#hasEnded) this.end().free();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  private constructor(
    registry: RuleRegistry,
    ruleId: string,
    pin: Pin,
    own: ActivePolicy,
    session: Session,
    adapt: Adapt,
  ) {
    this.#registry = registry;
    this.#ruleId = ruleId;
    this.#pin = pin;
    this.#active = own;
    this.#session = session;
    this.#adapt = adapt;
    this.#seen = registry.changes;
    this.#spans = [{ fromSegment: 0, version: own.version, contentHash: own.contentHash }];
  }

  /**
   * Begins a stream under the active version of a rule. Where it throws, nothing is pinned.
   *
   * @param dialect - the protocol of the bytes
   * @throws {RuleError} when there is nothing to pin
   * @throws {PolicyArtifactError} when the rule is no policy
   * @throws {PolicyError} when the policy makes no session
   * @throws {ArgumentError} when there is no such dialect
   */
  static begin(
    registry: RuleRegistry,
    ruleId: string,
    dialect: Dialect = "openai-chat",
  ): PinnedSession {
    return PinnedSession.adapted(registry, ruleId, dialect, (policy) => policy);
  }

  /**
   * As {@link PinnedSession.begin}, with what every version's policy becomes before it judges.
   *
   * @internal
   */
  static adapted(
    registry: RuleRegistry,
    ruleId: string,
    dialect: Dialect | undefined,
    adapt: Adapt,
  ): PinnedSession {
    if (typeof (registry as Partial<RuleRegistry> | undefined)?.activePolicy !== "function") {
      throw new ArgumentError("registry", { value: registry, bound: "a RuleRegistry" });
    }
    const pin = registry.pin(ruleId);
    try {
      // What was pinned is what is active: nothing has come between.
      const own = registry.activePolicy(ruleId);
      if (own === undefined)
        throw new TypeError(`nothing of ${ruleId} is active, and it was pinned`);
      const { artifact } = own;
      const session = new Session(adapt(artifact.policy), dialect, tablesOf(artifact));
      return new PinnedSession(registry, ruleId, pin, own, session, adapt);
    } catch (error) {
      registry.unpin(pin);
      throw error;
    }
  }

  /**
   * Looks at what became of the rule: call it before each piece of input. After an emergency stop the stream halts; where
   * the rule's policy is `adopt-at-next-segment` it takes the active version if it stands between two segments, but not
   * one that is drained.
   *
   * @throws {RuleError} `rule-unknown-pin` after the end
   * @throws {TrapError} when the registry cannot be asked any more; the stream has been halted
   */
  refresh(): Adoption {
    let adoption: Adoption | undefined;
    try {
      const { changes } = this.#registry;
      if (changes === this.#seen && !this.#mayPass()) return (adoption = this.#last);
      adoption = this.#look();
      this.#seen = changes;
      this.#last = adoption.kind === "adopted" ? UNCHANGED : adoption;
      return adoption;
    } catch (error) {
      if (error instanceof TrapError) this.#halt();
      throw error;
    } finally {
      if (adoption?.kind === "stopped") this.#halt();
    }
  }

  /** Whether what was refused may be taken now: it is not asked for again before each piece of input. */
  #mayPass(): boolean {
    if (this.#last.kind !== "kept") return false;
    const { code } = this.#last.error;
    const session = this.#session;
    if (session.isOver) return code !== "session-ended";
    return code === "session-in-segment" && session.isBetweenSegments;
  }

  #look(): Adoption {
    const registry = this.#registry;
    if (registry.isStopped(this.#pin)) return { kind: "stopped" };
    const version = activeOf(registry, this.#ruleId);
    if (version === 0 || version === this.version) return UNCHANGED;
    const { reloadPolicy } = summaryOf(registry, this.#ruleId) ?? {};
    if (reloadPolicy !== "adopt-at-next-segment") return UNCHANGED;
    const session = this.#session;
    const next = registry.activePolicy(this.#ruleId);
    if (next === undefined) return UNCHANGED;
    const { artifact } = next;
    const guardTables = tablesOf(artifact);
    // Looked at first: what pins a version and what judges by it change together or not at all.
    let policy;
    try {
      policy = this.#adapt(artifact.policy);
      session.checkAdopt(policy, guardTables);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { kind: "kept", error };
    }
    // The active version is being drained: the one that follows it is for later.
    if (!registry.adopt(this.#pin)) return UNCHANGED;
    try {
      session.adopt(policy, guardTables);
    } catch (error) {
      // It was checked. If it fails all the same, nothing more is judged by either.
      this.#halt();
      throw error;
    }
    this.#active = next;
    const fromSegment = session.record().segments;
    this.#spans.push({ fromSegment, version, contentHash: next.contentHash });
    return { kind: "adopted", version };
  }

  #halt(): void {
    try {
      this.#session.emergencyStop();
    } catch (error) {
      // A stream that is over stays as it ended, and one whose instance trapped takes nothing any more.
      if (!(error instanceof SessionEndedError || error instanceof TrapError)) throw error;
    }
  }

  /** The session: what goes in and what comes out. */
  get session(): Session {
    return this.#session;
  }

  /** The artifact that the next segment is judged by. */
  get artifact(): PolicyArtifact {
    return this.#active.artifact;
  }

  /** The version that the next segment is judged by. */
  get version(): Whole {
    return this.#active.version;
  }

  /** The versions that judged the stream's segments, in their order. */
  get versions(): readonly VersionSpan[] {
    return this.#spans.slice();
  }

  /** The version that a segment was judged by, or will be. */
  versionOf(segment: number): Whole {
    const spans = this.#spans;
    return spans.findLast(({ fromSegment }) => fromSegment <= segment)?.version ?? 0;
  }

  /**
   * The stream is over: gives the pin back and the session out.
   *
   * @throws {RuleError} `rule-unknown-pin` the second time
   */
  end(): Session {
    this.#registry.unpin(this.#pin);
    this.#hasEnded = true;
    this.#seen = -1;
    return this.#session;
  }
}

/** The version that new streams get: 0 for none. Asked for by itself, for a list of rules may be long. */
function activeOf(registry: RuleRegistry, ruleId: string): Whole {
  const rule = registry.active(ruleId);
  try {
    return rule?.header.version ?? 0;
  } finally {
    rule?.free();
  }
}

const summaryOf = (registry: RuleRegistry, ruleId: string) =>
  registry.list().find((rule) => rule.ruleId === ruleId);

const isRefusal = (error: unknown): error is Refused =>
  [AdoptError, PolicyError, SessionEndedError, ArgumentError].some((kind) => error instanceof kind);
