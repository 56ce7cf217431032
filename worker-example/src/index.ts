// A Worker in front of an API of models (OpenAI chat completions and responses, Anthropic messages, Gemini): what the model
// says reaches the client only as far as the policy lets it.

import { guardResponse } from "interlock-wasm";

import { demoOptions } from "./demo/options.js";
import { question, transcripts } from "./demo/transcripts.js";
import { ApiError } from "./errors.js";
import { guardRequest } from "./guard/request.js";
import { tablesOf } from "./guard/tables.js";
import { builtIn, facts, limits, policyFor, type Unit } from "./policy.js";
import { protocolOf, type Protocol } from "./protocols.js";
import { chatOf, promptOf, readChatRequest, type ChatRequest } from "./request.js";
import { administrate } from "./rules/admin.js";
import { activeRule, listRules, watch } from "./rules/current.js";
import type { Units } from "./tenant/budget.js";
import { readLedger } from "./tenant/routes.js";
import { TenantStream, refuse, tenantOf } from "./tenant/stream.js";
import { askUpstream, isDemo, listModels, type Env } from "./upstream.js";
import { readWhole, type Outcome } from "./whole.js";

export { Rules } from "./rules/rules.js";
export { Tenant } from "./tenant/tenant.js";

/** Tool calls of one answer, at most. */
const MOST_CALLS = 8;

export default {
  async fetch(request, env, context) {
    try {
      return await route(request, env, context);
    } catch (error) {
      const { pathname } = new URL(request.url);
      if (error instanceof ApiError) return error.toResponse(protocolOf(pathname)?.name);
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;

async function route(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/v1/ledger" || pathname.startsWith("/v1/ledger/")) {
    allow(request, "GET");
    return readLedger(request, await tenantOf(request, env));
  }
  if (pathname.startsWith("/admin/")) return administrate(request, env);
  const protocol = protocolOf(pathname);
  if (protocol !== undefined) {
    allow(request, "POST");
    return complete(protocol, request, env, context);
  }
  switch (pathname) {
    case "/v1/rules":
      allow(request, "GET");
      return listRules(env);
    case "/v1/models":
      allow(request, "GET");
      return listModels(request, env);
    case "/about.json":
      allow(request, "GET");
      return Response.json(about(env));
    default:
      if (!pathname.startsWith("/v1/")) return env.ASSETS.fetch(request);
      throw new ApiError(404, `There is nothing at ${pathname}.`);
  }
}

/**
 * The whole job: take the active policy, search what is asked, take a lease on the tenant's budget, ask the upstream, hand its
 * answer to the guard, send on what the guard lets go, record what it decided.
 */
async function complete(
  protocol: Protocol,
  request: Request,
  env: Env,
  context: ExecutionContext,
): Promise<Response> {
  const asked = await readChatRequest(request, protocol);
  const unit = unitOf(asked, request);
  const ruleId = `answers-${unit}`;
  const rule = await activeRule(ruleId, env);
  const guardTables = tablesOf(rule);
  const tenant = await tenantOf(request, env);
  const active = rule?.policy ?? builtIn(unit, env.PERSONAL_DATA);
  const { body, events, refusal } = guardRequest(asked.body, active, guardTables);
  if (refusal !== undefined) throw await refuse(tenant, events, refusal);
  const chat = chatOf(body, protocol, new URL(request.url));
  const stream = await TenantStream.open(tenant, leaseOf(chat, env), events);
  context.waitUntil(stream.settled);
  const stop = watch(ruleId, rule, env);
  void stream.settled.finally(stop.end);
  const outcome: Outcome = {};
  let guarded: Response;
  try {
    const answer = await askUpstream(chat, request, env);
    const budget = { tokens: chat.maxTokens, calls: MOST_CALLS };
    const policy = policyFor(promptOf(chat), unit, budget, active);
    guarded = guardResponse(answer, {
      policy,
      guardTables,
      // Its path names the protocol.
      url: request.url,
      signal: stop.signal,
      clientSignal: request.signal,
      lease: stream.lease,
      ledger: stream.ledger,
      onEnd: (record) => {
        outcome.record = record;
        stream.end(record);
      },
      ...(isDemo(env) && demoOptions(request.headers, policy)),
    });
  } catch (error) {
    // Nothing was asked or nothing came: all of the lease goes back.
    stream.end();
    throw error;
  }
  const type = guarded.headers.get("content-type") ?? "";
  const headers = {
    "cache-control": "no-store",
    "x-interlock-stream": stream.id,
    "x-interlock-rule": `${ruleId}@${rule?.version ?? 0}`,
  };
  try {
    const isStream = /^text\/(event-stream|plain)\b/i.test(type);
    const body = isStream ? guarded.body : await readWhole(guarded, request, outcome);
    return new Response(body, {
      headers: { "content-type": type, ...uiVersion(guarded), ...headers },
    });
  } catch (error) {
    throw error instanceof ApiError ? error.with(headers) : error;
  }
}

/** The header by which clients of the AI SDK know their stream. */
function uiVersion({ headers }: Response): Record<string, string> {
  const name = "x-vercel-ai-ui-message-stream";
  const version = headers.get(name);
  return version === null ? {} : { [name]: version };
}

/** What a stream takes when it starts: enough for most answers. A longer one is topped up while it runs. */
function leaseOf(chat: ChatRequest, env: Env): Units {
  return { tokens: Math.min(chat.maxTokens, Number(env.LEASE_TOKENS)), calls: MOST_CALLS };
}

/** An answer in one piece has no tokens, so its sentences get scores. A stream may ask for that, too. */
function unitOf(chat: ChatRequest, request: Request): Unit {
  const bySentence = !chat.stream || request.headers.get("x-interlock-unit") === "sentence";
  return bySentence ? "sentence" : "delta";
}

/** What the page shows beside the stream. */
function about(env: Env) {
  const models = Object.entries(transcripts).map(([id, { title, about }]) => ({
    id,
    title,
    about,
  }));
  return { demo: isDemo(env), limits, facts, question, models };
}

function allow(request: Request, method: string): void {
  if (request.method === method) return;
  throw new ApiError(405, `${request.method} is not allowed here; use ${method}.`, {
    headers: { allow: method },
  });
}
