// The example Worker, and at /memory how large the memories of its wasm modules are.

import { memorySizes } from "./memories.js";
import worker from "../../../worker-example/src/index.js";
import type { Env } from "../../../worker-example/src/upstream.js";

export { Rules, Tenant } from "../../../worker-example/src/index.js";

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/v1/memory") return Response.json(memorySizes());
    return worker.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;
