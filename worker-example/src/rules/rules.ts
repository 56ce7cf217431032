// The rules there must be one of: which version of each policy is active. Administrators come here, and once in a second
// each isolate that begins or runs a stream; never a token.

import { DurableObject } from "cloudflare:workers";
import {
  Envelope,
  InterlockError,
  PolicyArtifact,
  type PolicyInput,
  RuleRegistry,
  type TrustedKey,
  TrustedKeys,
  policyRule,
} from "interlock-wasm/rules";
import type { GuardArtifact } from "interlock-wasm";
import { haltSets, redactSets } from "interlock-wasm/guard-sets";
import { Ed25519Signer, Ed25519Verifier } from "interlock-wasm/ledger";

import { ApiError } from "../errors.js";
import { builtIn, strict, units } from "../policy.js";
import { Evidence } from "../tenant/evidence.js";
import { isDemo, type Env } from "../upstream.js";
import { Rate } from "./rate.js";

/** The only object of its kind. */
export const RULES = "rules";
/** Bytes of the registry in one row. */
const CHUNK = 1 << 20;
/** Calls of administrators in a minute, and of others who ask for what only they may. */
const MOST_CALLS = 60;
const MOST_REFUSED = 20;

/** A rule, as isolates keep it. */
export interface ActiveRule {
  version: number;
  sha256: string;
  policy: PolicyInput;
  /** The compiled patterns that came with it, if any did. */
  tables: readonly GuardArtifact[];
  /** How often the rule was stopped: a stream that began before the last time halts. */
  stops: number;
  /** Whether no new stream may begin. */
  isStopped: boolean;
}

/** What is active, by id. `mark` is another when anything changed. */
export interface ActiveRules {
  mark: string;
  rules: Record<string, ActiveRule>;
}

/** What an administrator wants. */
export type Call =
  | { name: "put"; rule: string; envelope: string }
  | { name: "rollback" | "reload"; rule: string; version: number }
  | { name: "stop" | "resume" | "history"; rule: string }
  | { name: "ledger" };

/** How it went: the status of the response and its body, which is JSON. */
export interface Answer {
  status: number;
  json: string;
  retryAfter?: number;
}

/** The same before it is written. */
interface Done {
  status: number;
  body: object;
}

export class Rules extends DurableObject<Env> {
  #registry!: RuleRegistry;
  #evidence!: Evidence;
  #active!: ActiveRules;
  readonly #calls = new Rate(MOST_CALLS, 60_000);
  readonly #refused = new Rate(MOST_REFUSED, 60_000);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT)");
    sql.exec("CREATE TABLE IF NOT EXISTS registry (chunk INTEGER PRIMARY KEY, bytes BLOB)");
    void ctx.blockConcurrencyWhile(async () => {
      this.#evidence = await Evidence.open(ctx, env.LEDGER_KEY);
      this.#open();
    });
  }

  /** What is active, unless it is what the asker has. */
  active(mark?: string): ActiveRules | undefined {
    return mark === this.#active.mark ? undefined : this.#active;
  }

  /** A call of an administrator, or of somebody who is none. Whatever is not over its rate is in the ledger. */
  async call(call: Call, isAllowed: boolean): Promise<Answer> {
    const retryAfter = (isAllowed ? this.#calls : this.#refused).take(Date.now());
    if (retryAfter > 0) {
      const body = failed("rate_limited", "Too many calls: try again later.");
      return { status: 429, json: JSON.stringify(body), retryAfter };
    }
    const done: Done = isAllowed
      ? this.#do(call)
      : { status: 401, body: failed("admin_key", "The key of an administrator is needed.") };
    try {
      await this.#record(call, done);
    } catch (error) {
      // What is not in the ledger has not happened.
      this.#open();
      throw error;
    }
    if (isAllowed && !["history", "ledger"].includes(call.name)) this.#store();
    return { status: done.status, json: JSON.stringify(done.body) };
  }

  #do(call: Call): Done {
    if (call.name === "ledger") return { status: 200, body: this.#evidence.latest(50) };
    try {
      return { status: 200, body: this.#change(call) };
    } catch (error) {
      if (error instanceof ApiError) {
        return { status: error.status, body: failed(error.details.code ?? "", error.message) };
      }
      if (!(error instanceof InterlockError)) throw error;
      const status = error.code === "rule-not-found" ? 404 : 409;
      return { status, body: failed(error.code, error.message) };
    }
  }

  #change(call: Exclude<Call, { name: "ledger" }>): object {
    const registry = this.#registry;
    const nowUs = Date.now() * 1000;
    switch (call.name) {
      case "put": {
        using envelope = Envelope.decode(call.envelope);
        const { ruleId } = envelope.rule.header;
        if (ruleId !== call.rule)
          throw refused(`The envelope is of the rule ${JSON.stringify(ruleId)}.`, "wrong_rule");
        using verified = this.#keys().verify(envelope);
        // Whatever is wrong with the policy is told before the version is spent.
        new PolicyArtifact(verified.rule);
        registry.reload(verified, nowUs);
        return this.#swapped();
      }
      case "reload":
        registry.beginReload(call.rule, call.version, nowUs);
        return this.#swapped();
      case "rollback":
        registry.beginRollback(call.rule, call.version, nowUs);
        return this.#swapped();
      case "stop": {
        registry.emergencyStop(call.rule);
        const stops = this.#stops();
        stops[call.rule] = (stops[call.rule] ?? 0) + 1;
        this.#keep("stops", JSON.stringify(stops));
        return { rule: call.rule, stopped: true };
      }
      case "resume":
        registry.liftStop(call.rule);
        return { rule: call.rule, stopped: false };
      case "history":
        return {
          rule: call.rule,
          ...this.#summary(call.rule),
          versions: registry
            .history(call.rule)
            .map(({ version, status, registeredAtUs, header }) => ({
              version: Number(version),
              status,
              registered_at_ms: Number(registeredAtUs) / 1000,
              sha256: hex(header.contentHash),
              author: header.metadata.author,
            })),
        };
    }
  }

  #swapped(): object {
    this.#registry.runSteps(Date.now() * 1000);
    const outcome = this.#registry.takeOutcome();
    if (outcome?.kind !== "swap" || outcome.report === undefined) {
      const message = outcome?.kind === "swap" ? outcome.error.message : "nothing was swapped";
      throw refused(message, "swap_failed");
    }
    const { ruleId, fromVersion, toVersion, rollbackAvailable } = outcome.report;
    return {
      rule: ruleId,
      from: Number(fromVersion),
      to: Number(toVersion),
      rollback_available: rollbackAvailable,
    };
  }

  #summary(rule: string) {
    const own = this.#registry.list().find(({ ruleId }) => ruleId === rule);
    return { active: Number(own?.active ?? 0), stopped: own?.isStopped ?? false };
  }

  async #record(call: Call, { status, body }: Done): Promise<void> {
    const rule = "rule" in call ? call.rule : undefined;
    const version = "version" in call ? call.version : undefined;
    const code = (body as { error?: { code?: string } }).error?.code;
    // What was sent is in the registry or was refused; the ledger has what became of it.
    const done = call.name === "put" && status === 200 ? body : undefined;
    const payload = { call: call.name, rule, version, status, code, ...done };
    const tag = status === 200 ? "done" : "refused";
    const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(payload)));
    await this.#evidence.append("admin", [{ kind: `rules.${call.name}`, tag, payload: bytes }]);
  }

  /** Opens what was kept. In the demo, where nobody gave keys, two versions of each policy are there from the start. */
  #open(): void {
    const rows = this.ctx.storage.sql.exec<{ bytes: ArrayBuffer }>(
      "SELECT bytes FROM registry ORDER BY chunk",
    );
    const parts = Array.from(rows, ({ bytes }) => new Uint8Array(bytes));
    if (parts.length > 0) {
      const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
      this.#registry = RuleRegistry.restore(whole);
      this.#trust();
    } else {
      this.#registry = new RuleRegistry({ maxHistory: 8 });
      this.#trust();
      if (this.#isSeeded()) this.#seed();
    }
    this.#look();
  }

  #isSeeded(): boolean {
    return !this.env.RULE_KEYS && isDemo(this.env);
  }

  #trust(): void {
    if (this.env.RULE_KEYS || this.#isSeeded()) this.#registry.trust(this.#keys());
  }

  /** The keys of the configuration; in the demo one that the object has made. */
  #keys(): TrustedKeys {
    const texts = (this.env.RULE_KEYS ?? "").split(/[\s,]+/).filter(Boolean);
    const keys = texts.map((text) => keyOf(new Ed25519Verifier(text)));
    if (keys.length === 0 && this.#isSeeded()) {
      keys.push(keyOf(new Ed25519Signer("demo", this.#demoSecret()).verifier));
    }
    if (keys.length === 0) throw refused("No keys are trusted: set RULE_KEYS.", "no_keys", 403);
    return new TrustedKeys(keys, Number(this.env.RULE_THRESHOLD));
  }

  /** The secret of the demo's key, which nobody but this object has. */
  #demoSecret(): Uint8Array {
    const [row] = this.ctx.storage.sql.exec<{ value: string }>(
      "SELECT value FROM kept WHERE name = 'demo-secret'",
    );
    if (row) return Uint8Array.from(atob(row.value), (char) => char.charCodeAt(0));
    const secret = crypto.getRandomValues(new Uint8Array(32));
    this.#keep("demo-secret", btoa(String.fromCharCode(...secret)));
    return secret;
  }

  #seed(): void {
    const trusted = this.#keys();
    const secret = this.#demoSecret();
    const { keyId } = keyOf(new Ed25519Signer("demo", secret).verifier);
    for (const unit of units) {
      [builtIn(unit), strict(unit)].forEach((policy, at) => {
        const header = { ruleId: `answers-${unit}`, version: at + 1 };
        const rule = policyRule(header, policy, [redactSets, haltSets]);
        using envelope = new Envelope(rule).sign(keyId, secret);
        using verified = trusted.verify(envelope);
        if (at === 0) this.#registry.reload(verified, Date.now() * 1000);
        else this.#registry.register(verified, Date.now() * 1000);
        this.#registry.runSteps(Date.now() * 1000);
        this.#registry.takeOutcome();
      });
    }
    this.#store();
  }

  #store(): void {
    const { storage } = this.ctx;
    const bytes = new Uint8Array(this.#registry.snapshot());
    storage.transactionSync(() => {
      storage.sql.exec("DELETE FROM registry");
      for (let at = 0, chunk = 0; at < bytes.length; at += CHUNK, chunk += 1) {
        storage.sql.exec(
          "INSERT INTO registry VALUES (?, ?)",
          chunk,
          bytes.buffer.slice(at, at + CHUNK),
        );
      }
    });
    this.#look();
  }

  #stops(): Record<string, number> {
    const [row] = this.ctx.storage.sql.exec<{ value: string }>(
      "SELECT value FROM kept WHERE name = 'stops'",
    );
    return row ? (JSON.parse(row.value) as Record<string, number>) : {};
  }

  #keep(name: string, value: string): void {
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO kept VALUES (?, ?)", name, value);
  }

  #look(): void {
    const stops = this.#stops();
    const rules: Record<string, ActiveRule> = {};
    for (const { ruleId, isStopped } of this.#registry.list()) {
      using rule = this.#registry.active(ruleId);
      if (rule === undefined) continue;
      const { policy, tables } = new PolicyArtifact(rule);
      const { version, contentHash } = rule.header;
      rules[ruleId] = {
        version: Number(version),
        sha256: hex(contentHash),
        policy,
        tables,
        stops: stops[ruleId] ?? 0,
        isStopped,
      };
    }
    const marks = Object.entries(rules).map(
      ([id, it]) => `${id}@${it.sha256}/${it.stops}/${it.isStopped}`,
    );
    this.#active = { mark: marks.join(" "), rules };
  }
}

/** A key of its text `name+number+base64`; its id is what `interlock rules sign` writes, name and number. */
function keyOf(key: Ed25519Verifier): TrustedKey {
  const [name = "", number = "", ...rest] = key.toString().split("+");
  const bytes = Uint8Array.from(atob(rest.join("+")), (char) => char.charCodeAt(0));
  // The first byte says that it is Ed25519.
  return { keyId: `${name}+${number}`, publicKey: bytes.subarray(1) };
}

const refused = (message: string, code: string, status = 409) =>
  new ApiError(status, message, { code });

const failed = (code: string, message: string) => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
