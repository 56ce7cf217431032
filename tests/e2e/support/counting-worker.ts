// The example Worker, and at /calls how often its objects were called, by method.

import worker from "../../../worker-example/src/index.js";
import type { Env } from "../../../worker-example/src/upstream.js";

export { Rules, Tenant } from "../../../worker-example/src/index.js";

const calls: Record<string, number> = {};

/** The objects, counted. */
function counted(objects: Env["TENANTS"]): Env["TENANTS"] {
  const stubOf = (name: string) =>
    new Proxy(objects.getByName(name), {
      get(stub, method) {
        // It is no promise.
        if (method === "then") return undefined;
        return (...args: unknown[]) => {
          calls[String(method)] = (calls[String(method)] ?? 0) + 1;
          return (stub as unknown as Record<string, (...args: unknown[]) => unknown>)[
            String(method)
          ]?.(...args);
        };
      },
    });
  return { getByName: stubOf } as Env["TENANTS"];
}

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/calls") return Response.json(calls);
    return worker.fetch(request, { ...env, TENANTS: counted(env.TENANTS) }, context);
  },
} satisfies ExportedHandler<Env>;
