// The rules of this isolate: at most a second old, whatever many streams begin or run in it.

import { ApiError } from "../errors.js";
import type { Env } from "../upstream.js";
import { RULES, type ActiveRule, type ActiveRules } from "./rules.js";

/** How old what is used may be. */
const FRESH_MS = 1000;

/** Data alone: a request must not wait for what another has asked. */
let seen: { active: ActiveRules; at: number } | undefined;

/** When a stream that runs asked last: of a thousand one asks for all. */
let askedAt = -Infinity;

/** What is active, asked for again when it is a second old. */
async function look(env: Env): Promise<ActiveRules> {
  if (seen !== undefined && Date.now() - seen.at < FRESH_MS) return seen.active;
  const at = Date.now();
  const known = seen?.active;
  const active = (await env.RULES.getByName(RULES).active(known?.mark)) ?? known;
  // The object answers nothing only where the asker has it.
  if (active === undefined) throw new Error("the rules are not known");
  // An answer that was long on its way does not displace a later one.
  if (seen === undefined || at >= seen.at) seen = { active, at };
  return seen.active;
}

/** The active version of a rule, for a stream that begins; none where nobody has put one. */
export async function activeRule(id: string, env: Env): Promise<ActiveRule | undefined> {
  let active;
  try {
    active = await look(env);
  } catch {
    // Nobody knows what may leave, so nothing begins.
    throw new ApiError(503, "The policy is not known at the moment.", {
      code: "policy_unavailable",
      headers: { "retry-after": "1" },
    });
  }
  const rule = active.rules[id];
  if (rule?.isStopped) {
    throw new ApiError(503, "This policy was stopped in an emergency.", {
      code: "emergency_stop",
      headers: { "retry-after": "60" },
    });
  }
  return rule;
}

/** What is active, for the page: versions and limits. */
export async function listRules(env: Env): Promise<Response> {
  const { rules } = await look(env);
  const listed = Object.entries(rules).map(([id, { version, sha256, policy, isStopped }]) => ({
    id,
    version,
    sha256,
    stopped: isStopped,
    limits: policy.halt,
  }));
  return Response.json({ rules: listed }, { headers: { "cache-control": "no-store" } });
}

/** Watches a running stream's rule: the signal is aborted within a second of an emergency stop. */
export function watch(id: string, rule: ActiveRule | undefined, env: Env) {
  const abort = new AbortController();
  const timer = setInterval(() => {
    // Another has asked, and what it hears is for this one, too.
    const isAsked = Date.now() - askedAt < FRESH_MS / 2;
    if (!isAsked) askedAt = Date.now();
    void (isAsked && seen !== undefined ? Promise.resolve(seen.active) : look(env)).then(
      ({ rules }) => {
        if (rules[id] !== undefined && rules[id].stops !== (rule?.stops ?? 0)) abort.abort();
      },
      // While the object does not answer, what runs goes on; what would begin does not.
      () => undefined,
    );
  }, FRESH_MS / 2);
  const end = () => {
    clearInterval(timer);
  };
  return { signal: abort.signal, end };
}
