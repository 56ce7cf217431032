// The ledger of the tenant that asks, for reading.

import { ApiError, badRequest } from "../errors.js";
import type { Tenant } from "./tenant.js";

/** Nodes of one answer, at most. */
const MOST_NODES = 100;

export async function readLedger(
  request: Request,
  tenant: DurableObjectStub<Tenant>,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const headers = { "cache-control": "no-store" };
  switch (pathname) {
    case "/v1/ledger": {
      const limit = Math.min(wholeNumber(searchParams, "limit", 20), MOST_NODES);
      const stream = searchParams.get("stream") ?? undefined;
      return Response.json(await tenant.latest(limit, stream), { headers });
    }
    case "/v1/ledger/checkpoint":
      return new Response(await tenant.checkpoint(), { headers });
    case "/v1/ledger/proof": {
      const proof = await tenant.proof(wholeNumber(searchParams, "index"));
      if (proof === undefined) throw badRequest("index must be that of a node.", "index");
      return Response.json(proof, { headers });
    }
    case "/v1/ledger/export":
      return new Response(await tenant.export(), {
        headers: { ...headers, "content-type": "application/octet-stream" },
      });
    default:
      throw new ApiError(404, `There is nothing at ${pathname}.`);
  }
}

function wholeNumber(params: URLSearchParams, name: string, otherwise?: number): number {
  const text = params.get(name);
  if (text === null && otherwise !== undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text ?? "")) throw badRequest(`${name} must be a whole number.`, name);
  return Number(text);
}
