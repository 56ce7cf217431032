// What administrators ask for: `PUT /admin/rules/:id` and what is below it.

import { ApiError, badRequest } from "../errors.js";
import { isObject } from "../request.js";
import type { Env } from "../upstream.js";
import { RULES, type Call } from "./rules.js";

/** Bytes of an envelope, at most. */
const MOST_BYTES = 4 << 20;

/** Answers a request for a path under `/admin/`. */
export async function administrate(request: Request, env: Env): Promise<Response> {
  const isAllowed = await hasKey(request, env);
  // Whoever has no key learns nothing of what is sent, and sends nothing that is read.
  const call = isAllowed ? await callOf(request) : { name: "ledger" as const };
  const { status, json, retryAfter } = await env.RULES.getByName(RULES).call(call, isAllowed);
  return new Response(json, {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
      ...(status === 401 && { "www-authenticate": "Bearer" }),
    },
  });
}

async function callOf(request: Request): Promise<Call> {
  const { pathname } = new URL(request.url);
  if (pathname === "/admin/ledger") return expect(request, "GET", { name: "ledger" });
  const match = /^\/admin\/rules\/([^/]+)(?:\/(\w+))?$/.exec(pathname);
  const [, id = "", verb] = match ?? [];
  let rule: string;
  try {
    rule = decodeURIComponent(id);
  } catch {
    throw badRequest("The id of the rule is not written as in an address.");
  }
  switch (match === null ? "" : verb) {
    case undefined: {
      expect(request, "PUT", undefined);
      return { name: "put", rule, envelope: await textOf(request) };
    }
    case "rollback":
    case "reload": {
      expect(request, "POST", undefined);
      return { name: verb as "rollback" | "reload", rule, version: await versionOf(request) };
    }
    case "stop":
    case "resume":
      return expect(request, "POST", { name: verb as "stop" | "resume", rule });
    case "history":
      return expect(request, "GET", { name: "history", rule });
    default:
      throw new ApiError(404, `There is nothing at ${pathname}.`);
  }
}

function expect<T>(request: Request, method: string, call: T): T {
  if (request.method === method) return call;
  throw new ApiError(405, `${request.method} is not allowed here; use ${method}.`, {
    headers: { allow: method },
  });
}

/** The body, as far as it may be long. */
async function textOf(request: Request): Promise<string> {
  const parts: string[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let length = 0;
  try {
    for await (const bytes of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      length += bytes.length;
      if (length > MOST_BYTES) break;
      parts.push(decoder.decode(bytes, { stream: true }));
    }
    parts.push(decoder.decode());
  } catch {
    throw badRequest("The body is not UTF-8.");
  }
  if (length > MOST_BYTES) throw new ApiError(413, `The body has more than ${MOST_BYTES} bytes.`);
  return parts.join("");
}

async function versionOf(request: Request): Promise<number> {
  let body: unknown;
  try {
    body = JSON.parse(await textOf(request));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest("The body is not JSON.");
  }
  const version = isObject(body) ? body.version : undefined;
  if (typeof version === "number" && Number.isSafeInteger(version) && version > 0) return version;
  throw badRequest("version must be a whole number from 1.", "version");
}

/** Whether a request brings the key, compared in a time that says nothing about it. Without a key nobody may. */
async function hasKey(request: Request, env: Env): Promise<boolean> {
  const given = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const [own, other] = await Promise.all([digest(env.ADMIN_KEY ?? ""), digest(given)]);
  let difference = 0;
  own.forEach((byte, at) => (difference |= byte ^ (other[at] ?? 0)));
  return Boolean(env.ADMIN_KEY) && difference === 0;
}
