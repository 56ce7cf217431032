/**
 * The registry: which versions of which rules there are, and which is active.
 *
 * @module
 */

import { type CompiledRule as RawRule, RuleRegistry as Raw } from "../../wasm/rules.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import { type Whole, requireBytes, requireFields, whole, word } from "../internal/wire.js";
import { type Capability, capabilityWire } from "./capability.js";
import { call, instance, made } from "./instance.js";
import { TrustedKeys, VerifiedRule } from "./keys.js";
import { PolicyArtifact } from "./policy-artifact.js";
import { type CompiledRule, type RuleHeader, rawRule, ruleOf } from "./rule.js";

/** A version of a rule that is a policy, read. */
export interface ActivePolicy {
  readonly version: Whole;
  /** Hash of the rule's content. */
  readonly contentHash: Uint8Array;
  readonly artifact: PolicyArtifact;
}

/** How a registry is made. */
export interface RuleRegistryOptions {
  /** What this host can run; policies where it is left out. */
  readonly capability?: Capability;
  /** Versions of a rule that are retained: 5 where it is left out. */
  readonly maxHistory?: number;
}

/** What a version is. */
export type RuleStatus =
  "registered" | "active" | "quiescing" | "superseded" | "rolled-back" | "failed";

/** A version of a rule, as the registry tells of it. */
export interface RuleHandle {
  readonly version: Whole;
  readonly status: RuleStatus;
  /** The version that superseded it. */
  readonly supersededBy: Whole | null;
  /** When it was registered, in µs. */
  readonly registeredAtUs: Whole;
  /** Streams that are pinned to it. */
  readonly pinned: number;
  readonly header: RuleHeader;
}

/** What becomes of running streams when a version is replaced. */
export type ReloadPolicy = "finish" | "adopt-at-next-segment" | "drain";

/** A rule, as it is listed. */
export interface RuleSummary {
  readonly ruleId: string;
  /** The active version: 0 for none. */
  readonly active: Whole;
  /** The highest version that was ever registered. */
  readonly highest: Whole;
  /** Versions that are retained. */
  readonly retained: number;
  /** Streams that are pinned to any of them. */
  readonly pinned: number;
  readonly reloadPolicy: ReloadPolicy;
  /** How long a drain waits, in µs. */
  readonly timeoutUs: Whole | null;
  /** Whether it was stopped in an emergency. */
  readonly isStopped: boolean;
}

/** Something that the host does. */
export type StepKind = "pre-stage" | "quiesce" | "swap" | "resume" | "terminate";

/** A step that is out. */
export interface Step {
  readonly id: Whole;
  readonly kind: StepKind;
  readonly ruleId: string;
  /** The version to do it with. */
  readonly version: Whole;
  /** The version that is active: 0 for none. */
  readonly active: Whole;
  /** Streams that are pinned to the version. */
  readonly pinned: number;
  /** When a drain is given up, in µs. */
  readonly untilUs: Whole | null;
}

/** How a step went: messages that were in flight, or why it failed. */
export type StepResult =
  { readonly messages?: Whole } | { readonly failure: string } | { readonly timedOut: true };

/** What a swap did. */
export interface ReloadReport {
  readonly ruleId: string;
  /** The version that was active: 0 for none. */
  readonly fromVersion: Whole;
  readonly toVersion: Whole;
  readonly quiesceUs: Whole;
  readonly swapUs: Whole;
  readonly messagesInFlight: Whole;
  /** Streams that were pinned to the old version then. */
  readonly pinned: number;
  /** Whether the old version is retained. */
  readonly rollbackAvailable: boolean;
}

/** Something that is over. */
export type Outcome =
  | { readonly kind: "swap"; readonly swap: Whole; readonly report: ReloadReport; error?: never }
  | {
      readonly kind: "swap";
      readonly swap: Whole;
      readonly report?: never;
      /** Why it did not happen: the kind of a `RuleError` without its `rule-`, and words. */
      readonly error: { readonly kind: string; readonly message: string };
    }
  | {
      readonly kind: "not-terminated";
      readonly ruleId: string;
      readonly version: Whole;
      readonly message: string;
    };

declare const pin: unique symbol;

/** A stream's hold on a version. */
export type Pin = bigint & { readonly [pin]: true };

const POLICIES: readonly ReloadPolicy[] = ["finish", "adopt-at-next-segment", "drain"];

function idOf(ruleId: string): string {
  requireText("ruleId", ruleId);
  return ruleId;
}

/**
 * Versions of rules, the active one of each, and the streams that use them. Times are in µs on a clock of the host's choice.
 *
 * ```js
 * import { RuleRegistry, policyRule } from "interlock-wasm/rules";
 *
 * const registry = new RuleRegistry();
 * registry.reload(policyRule({ ruleId: "answers", version: 1 }, { halt: { hard_limit: 0.4 } }), 0);
 * registry.runSteps(0);
 * console.log(registry.takeOutcome().report.toVersion); // 1
 * ```
 */
export class RuleRegistry extends Owned<Raw> {
  /** By rule: the policy that was active when it was asked for last. */
  readonly #policies = new Map<string, ActivePolicy>();
  #changes = 0;

  /** A registry without rules. */
  constructor(options: RuleRegistryOptions = {}) {
    if (options instanceof Raw) {
      super(instance, options);
      return;
    }
    requireFields("options", options, ["capability", "maxHistory"]);
    const { capability = {}, maxHistory = 5 } = options;
    const host = capabilityWire(capability);
    requireCount("options.maxHistory", maxHistory);
    super(
      instance,
      made(() => Raw.create(host, maxHistory)),
    );
  }

  /**
   * The registry of a snapshot. Active policies are loaded; what is for another target is for the host to load.
   *
   * @throws {RuleError} `rule-state` when it is none
   */
  static restore(snapshot: Uint8Array, capability: Capability = {}): RuleRegistry {
    requireBytes("snapshot", snapshot);
    const host = capabilityWire(capability);
    return new RuleRegistry(made(() => Raw.restore(snapshot, host)) as RuleRegistryOptions);
  }

  /** The state as canonical bytes: rules with their versions, keys, stops. Pins and swaps that are not over are not in it. */
  snapshot(): Uint8Array {
    const { raw } = this;
    return call(() => raw.snapshot());
  }

  /** Trusts these keys from now on: nothing unsigned is taken any more. */
  trust(keys: TrustedKeys): void {
    if (!(keys instanceof TrustedKeys)) {
      throw new ArgumentError("keys", { value: keys, bound: "TrustedKeys" });
    }
    const { raw } = this;
    this.#change(() => {
      raw.trust(keys.rawKeys);
    });
  }

  /**
   * Registers a version, which serves nothing before it is reloaded.
   *
   * @throws {RuleError} why it is refused
   */
  register(rule: CompiledRule | VerifiedRule, nowUs: Whole): void {
    const [{ raw }, now] = [this, word("nowUs", nowUs)];
    if (rule instanceof VerifiedRule) {
      const verified = rule.rawVerified;
      this.#change(() => {
        raw.registerVerified(verified, now);
      });
      return;
    }
    const plain = rawRule("rule", rule);
    this.#change(() => {
      raw.register(plain, now);
    });
  }

  /**
   * Registers a version and begins to activate it, or neither.
   *
   * @returns the number of the swap, which its outcome names
   * @throws {RuleError} why it is refused
   */
  reload(rule: CompiledRule | VerifiedRule, nowUs: Whole): Whole {
    const [{ raw }, now] = [this, word("nowUs", nowUs)];
    if (rule instanceof VerifiedRule) {
      const verified = rule.rawVerified;
      return whole(this.#change(() => raw.reloadVerified(verified, now)));
    }
    const plain = rawRule("rule", rule);
    return whole(this.#change(() => raw.reload(plain, now)));
  }

  /**
   * Begins to activate a retained version above the active one.
   *
   * @throws {RuleError} why it is refused
   */
  beginReload(ruleId: string, version: Whole, nowUs: Whole): Whole {
    const [{ raw }, id] = [this, idOf(ruleId)];
    const [to, now] = [word("version", version), word("nowUs", nowUs)];
    return whole(this.#change(() => raw.beginReload(id, to, now)));
  }

  /**
   * Begins to return to a retained version below the active one.
   *
   * @throws {RuleError} why it is refused
   */
  beginRollback(ruleId: string, version: Whole, nowUs: Whole): Whole {
    const [{ raw }, id] = [this, idOf(ruleId)];
    const [to, now] = [word("version", version), word("nowUs", nowUs)];
    return whole(this.#change(() => raw.beginRollback(id, to, now)));
  }

  /** What the host is to do now, if anything: the same until {@link RuleRegistry.complete}. */
  step(): Step | undefined {
    const { raw } = this;
    return (decode(call(() => raw.step())) as unknown as Step | null) ?? undefined;
  }

  /**
   * How the step that is out went.
   *
   * @throws {RuleError} `rule-unknown-step`, `rule-still-pinned`, `rule-backend-error`: the step stays out
   */
  complete(step: Whole, result: StepResult, nowUs: Whole): void {
    const { raw } = this;
    const [id, now] = [word("step", step), word("nowUs", nowUs)];
    requireFields("result", result, ["messages", "failure", "timedOut"]);
    const { messages, failure, timedOut } = result as {
      messages?: Whole;
      failure?: string;
      timedOut?: boolean;
    };
    if (failure !== undefined) requireText("result.failure", failure);
    const inFlight = word("result.messages", messages ?? 0);
    // No words are a time-out.
    const words = timedOut === true ? "" : failure === "" ? "failed" : failure;
    this.#change(() => {
      raw.complete(id, inFlight, words, now);
    });
  }

  /**
   * Does the steps for policies, as long as there are any: loads, swaps and unloads. How swaps went is
   * {@link RuleRegistry.takeOutcome}.
   *
   * @throws {RuleError} `rule-still-pinned` while a drain waits for streams: call again when one has ended
   */
  runSteps(nowUs: Whole): void {
    const [{ raw }, now] = [this, word("nowUs", nowUs)];
    this.#change(() => {
      raw.runSteps(now);
    });
  }

  /** The next thing that is over. */
  takeOutcome(): Outcome | undefined {
    const { raw } = this;
    return (decode(call(() => raw.takeOutcome())) as unknown as Outcome | null) ?? undefined;
  }

  /**
   * Forgets that a swap to a version failed.
   *
   * @throws {RuleError} when it has not
   */
  readmit(ruleId: string, version: Whole): void {
    const [{ raw }, id, failed] = [this, idOf(ruleId), word("version", version)];
    this.#change(() => {
      raw.readmit(id, failed);
    });
  }

  /**
   * Says what becomes of running streams when a rule is replaced.
   *
   * @param timeoutUs - how long a drain waits, in µs
   * @throws {RuleError} when there is no such rule
   */
  setReloadPolicy(ruleId: string, policy: ReloadPolicy, timeoutUs: Whole = 0): void {
    const [{ raw }, id, timeout] = [this, idOf(ruleId), word("timeoutUs", timeoutUs)];
    const code = POLICIES.indexOf(policy);
    if (code < 0) {
      throw new ArgumentError("policy", { value: policy, bound: POLICIES.join(" or ") });
    }
    this.#change(() => {
      raw.setReloadPolicy(id, code, timeout);
    });
  }

  /**
   * Stops a rule: every stream that is pinned to it must halt, and none begins until {@link RuleRegistry.liftStop}.
   *
   * @returns how many streams that are
   * @throws {RuleError} when there is no such rule
   */
  emergencyStop(ruleId: string): Whole {
    const [{ raw }, id] = [this, idOf(ruleId)];
    return whole(this.#change(() => raw.emergencyStop(id)));
  }

  /**
   * Lets streams begin again. Those that were stopped stay so.
   *
   * @throws {RuleError} when there is no such rule
   */
  liftStop(ruleId: string): void {
    const [{ raw }, id] = [this, idOf(ruleId)];
    this.#change(() => {
      raw.liftStop(id);
    });
  }

  /**
   * How often it may have been changed: as long as it is not, a stream has nothing to ask it.
   *
   * @internal
   */
  get changes(): number {
    // Of one that cannot be asked any more nobody knows.
    const { raw: _alive } = this;
    return this.#changes;
  }

  #change<Result>(work: () => Result): Result {
    this.#changes += 1;
    return call(work);
  }

  /** The version that new streams get. */
  active(ruleId: string): CompiledRule | undefined {
    const [{ raw }, id] = [this, idOf(ruleId)];
    return shared(call(() => raw.active(id)));
  }

  /**
   * The version that new streams get, as a policy. It is read once: as long as it is active, the same object is given.
   *
   * @throws {PolicyArtifactError} when it is no policy
   */
  activePolicy(ruleId: string): ActivePolicy | undefined {
    const rule = this.active(ruleId);
    if (rule === undefined) return undefined;
    try {
      const { version, contentHash } = rule.header;
      const known = this.#policies.get(ruleId);
      if (known?.version === version) return known;
      const own = { version, contentHash, artifact: new PolicyArtifact(rule) };
      this.#policies.set(ruleId, own);
      return own;
    } finally {
      rule.free();
    }
  }

  /** A version that is retained. */
  version(ruleId: string, version: Whole): CompiledRule | undefined {
    const [{ raw }, id, wanted] = [this, idOf(ruleId), word("version", version)];
    return shared(call(() => raw.version(id, wanted)));
  }

  /**
   * The versions of a rule that are retained, ascending.
   *
   * @throws {RuleError} when there is no such rule
   */
  history(ruleId: string): RuleHandle[] {
    const [{ raw }, id] = [this, idOf(ruleId)];
    return decode(call(() => raw.history(id))) as unknown as RuleHandle[];
  }

  /** All rules, ascending by id. */
  list(): RuleSummary[] {
    const { raw } = this;
    return decode(call(() => raw.list())) as unknown as RuleSummary[];
  }

  /**
   * Pins the active version for a stream that begins. Give it back with {@link RuleRegistry.unpin}.
   *
   * @throws {RuleError} when there is none, the rule is stopped, or drained
   */
  pin(ruleId: string): Pin {
    const [{ raw }, id] = [this, idOf(ruleId)];
    return call(() => raw.pin(id)) as Pin;
  }

  /**
   * The version that a stream uses.
   *
   * @throws {RuleError} `rule-unknown-pin`
   */
  pinned(pin: Pin): CompiledRule {
    const [{ raw }, bits] = [this, word("pin", pin)];
    return ruleOf(made(() => raw.pinned(bits)));
  }

  /**
   * Whether a stream must halt because its rule was stopped.
   *
   * @throws {RuleError} `rule-unknown-pin`
   */
  isStopped(pin: Pin): boolean {
    const [{ raw }, bits] = [this, word("pin", pin)];
    return call(() => raw.isStopped(bits));
  }

  /**
   * Adopts the active version where the rule's policy is `adopt-at-next-segment`: the stream stands between two segments.
   * A version that is drained is not adopted.
   *
   * @returns whether it changed
   * @throws {RuleError} `rule-unknown-pin`, `rule-emergency-stopped`
   */
  adopt(pin: Pin): boolean {
    const [{ raw }, bits] = [this, word("pin", pin)];
    return call(() => raw.adopt(bits));
  }

  /**
   * Gives a pin back: the stream is over.
   *
   * @throws {RuleError} `rule-unknown-pin`
   */
  unpin(pin: Pin): void {
    const [{ raw }, bits] = [this, word("pin", pin)];
    call(() => {
      raw.unpin(bits);
    });
  }
}

function shared(raw: RawRule | undefined): CompiledRule | undefined {
  return raw === undefined ? undefined : ruleOf(raw);
}
