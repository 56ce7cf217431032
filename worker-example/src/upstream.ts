import { demoModels, demoUpstream } from "./demo/upstream.js";
import { ApiError, badGateway } from "./errors.js";
import type { PersonalData } from "./policy.js";
import { isObject, type ChatRequest } from "./request.js";
import type { Rules } from "./rules/rules.js";
import type { Tenant } from "./tenant/tenant.js";

/** The variables of wrangler.jsonc and the optional secret. */
export interface Env {
  /** Base address of an OpenAI-compatible API; empty for the embedded demo upstream. */
  UPSTREAM_URL: string;
  /** Key for the upstream. Without one the client's own Authorization header is passed on. */
  UPSTREAM_KEY?: string;
  /** The page. */
  ASSETS: Fetcher;
  /** The objects that keep what there is one of per tenant. */
  TENANTS: DurableObjectNamespace<Tenant>;
  /** What becomes of personal data in requests and answers: `redact` or `pass`. A policy that was put here says so itself. */
  PERSONAL_DATA: PersonalData;
  /** What a tenant may spend in all. */
  BUDGET_TOKENS: string;
  BUDGET_CALLS: string;
  /** How many tokens a stream takes at a time. */
  LEASE_TOKENS: string;
  /** After so long a stream that was not heard of has spent its lease. */
  LEASE_SECONDS: string;
  /** The private key that signs checkpoints; without one each tenant makes one of its own. */
  LEDGER_KEY?: string;
  /** The object that keeps which version of each policy is active. */
  RULES: DurableObjectNamespace<Rules>;
  /** What administrators bring; without it there are none. */
  ADMIN_KEY?: string;
  /** Public keys that policies are signed with, `name+number+base64`, and how many of them must sign. */
  RULE_KEYS?: string;
  RULE_THRESHOLD: string;
  /** How fast the demo upstream speaks: 1 is a model's pace, 0 is at once. */
  DEMO_PACE: string;
}

/** Whether answers come from the embedded transcripts. */
export function isDemo(env: Env): boolean {
  return env.UPSTREAM_URL === "";
}

/** Asks the upstream for a completion. What comes back is in the request's protocol, as it wanted. */
export async function askUpstream(
  chat: ChatRequest,
  request: Request,
  env: Env,
): Promise<Response> {
  const url = new URL(request.url);
  const isGemini = chat.protocol.name === "gemini";
  // Without `alt=sse` a stream of Gemini is one JSON list.
  const isEvents = chat.stream && (!isGemini || url.searchParams.get("alt") === "sse");
  const answer = isDemo(env)
    ? demoUpstream(chat, isEvents, Number(env.DEMO_PACE))
    : await fetchAnswer(chat, isEvents, request, env);
  return chat.protocol.answer?.(answer, request) ?? answer;
}

async function fetchAnswer(
  chat: ChatRequest,
  isEvents: boolean,
  request: Request,
  env: Env,
): Promise<Response> {
  const headers = upstreamHeaders(request, env);
  headers.set("content-type", "application/json");
  const answer = await fetchUpstream(chat.protocol.upstream(new URL(request.url)), env, {
    method: "POST",
    headers,
    // What is sent is what was read: a field that a body has twice is read by others another way.
    body: JSON.stringify(chat.protocol.ask?.(chat) ?? chat.body),
    // The client going away cancels the upstream, also while it has not answered yet.
    signal: request.signal,
  });
  await expectType(answer, isEvents ? "text/event-stream" : "application/json");
  return answer;
}

/** The upstream's list of models. */
export async function listModels(request: Request, env: Env): Promise<Response> {
  if (isDemo(env)) return Response.json(demoModels());
  const answer = await fetchUpstream("models", env, { headers: upstreamHeaders(request, env) });
  await expectType(answer, "application/json");
  return new Response(answer.body, { headers: { "content-type": "application/json" } });
}

/** What clients of Anthropic say about the version of the protocol. */
const VERSIONS: readonly string[] = ["anthropic-version", "anthropic-beta"];

function upstreamHeaders(request: Request, env: Env): Headers {
  const headers = new Headers();
  for (const name of ["authorization", "x-api-key", "x-goog-api-key", ...VERSIONS]) {
    const key = VERSIONS.includes(name) ? undefined : env.UPSTREAM_KEY;
    const given = request.headers.get(name);
    const own = key && (name === "authorization" ? `Bearer ${key}` : key);
    // The upstream's key in the header in which the client has its own; a client without one is an OpenAI client.
    const value = own && (given !== null || name === "authorization") ? own : given;
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

async function fetchUpstream(path: string, env: Env, init: RequestInit): Promise<Response> {
  const url = `${env.UPSTREAM_URL.replace(/\/+$/, "")}/${path}`;
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, redirect: "manual" });
  } catch {
    throw badGateway("upstream_unreachable", "The upstream cannot be reached.");
  }
  if (!answer.ok) throw await upstreamRefusal(answer);
  return answer;
}

/** The upstream's own error, so that a wrong key or an exhausted quota reads as such. */
async function upstreamRefusal(answer: Response): Promise<ApiError> {
  const retry = answer.headers.get("retry-after");
  const status = answer.status >= 400 ? answer.status : 502;
  const body: unknown = await answer.json().catch(() => undefined);
  const error = isObject(body) && isObject(body.error) ? body.error : {};
  const { message, code } = error;
  return new ApiError(
    status,
    `The upstream answered with status ${answer.status}${typeof message === "string" ? `: ${message}` : "."}`,
    {
      type: "upstream_error",
      code: typeof code === "string" ? code : "upstream_refused",
      ...(retry !== null && { headers: { "retry-after": retry } }),
    },
  );
}

async function expectType(answer: Response, type: string): Promise<void> {
  const found = answer.headers.get("content-type") ?? "";
  if (answer.body !== null && found.toLowerCase().startsWith(type)) return;
  await answer.body?.cancel();
  throw badGateway(
    "upstream_wrong_type",
    `The upstream answered with ${JSON.stringify(found)} instead of ${type}.`,
  );
}
