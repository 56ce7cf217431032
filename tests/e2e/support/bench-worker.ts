// The example Worker with one more route: the same way to the upstream and back, without the guard.

import worker from "../../../worker-example/src/index.js";
import { readChatRequest } from "../../../worker-example/src/request.js";
import { askUpstream, type Env } from "../../../worker-example/src/upstream.js";

export { Tenant } from "../../../worker-example/src/index.js";

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname !== "/unguarded/chat/completions") {
      return worker.fetch(request, env, context);
    }
    const answer = await askUpstream(await readChatRequest(request), request, env);
    return new Response(answer.body, { headers: { "content-type": "text/event-stream" } });
  },
} satisfies ExportedHandler<Env>;
