/**
 * Guards around handlers of requests.
 *
 * @module
 */

import { type GuardResponseOptions, guardResponse } from "./guard-response.js";

/**
 * Guards what a handler of requests answers, as {@link guardResponse} does; the path of the request names the protocol.
 *
 * ```js
 * import { guardedHandler } from "interlock-wasm";
 *
 * export default { fetch: guardedHandler((request) => fetch(UPSTREAM, request), { scorer }) };
 * ```
 */
export function guardedHandler<Rest extends unknown[]>(
  handler: (request: Request, ...rest: Rest) => Response | PromiseLike<Response>,
  options: GuardResponseOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const response = await handler(request, ...rest);
    return guardResponse(response, { url: request.url, clientSignal: request.signal, ...options });
  };
}

/** What Hono gives a middleware, as far as it is used. */
interface Context {
  readonly req: { readonly raw: Request };
  get res(): Response;
  set res(response: Response | undefined);
}

/**
 * Middleware for Hono: guards the response of the handlers behind it, as {@link guardResponse} does.
 *
 * ```js
 * import { Hono } from "hono";
 * import { honoGuard } from "interlock-wasm";
 *
 * const app = new Hono();
 * app.use("/v1/*", honoGuard({ scorer }));
 * ```
 */
export function honoGuard(
  options: GuardResponseOptions = {},
): (context: Context, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    await next();
    const { url, signal: clientSignal } = context.req.raw;
    const guarded = guardResponse(context.res, { url, clientSignal, ...options });
    // Set anew, not over the old one, whose headers would stay.
    context.res = undefined;
    context.res = guarded;
  };
}
