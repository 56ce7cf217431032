// The example Worker with two more routes, the same way to the upstream and back: without the guard, where the runtime moves
// the bytes, and through a loop of JavaScript that does nothing with them.

import worker from "../../../worker-example/src/index.js";
import { protocolOf } from "../../../worker-example/src/protocols.js";
import { readChatRequest } from "../../../worker-example/src/request.js";
import { askUpstream, type Env } from "../../../worker-example/src/upstream.js";

export { Rules, Tenant } from "../../../worker-example/src/index.js";

const routes: Record<string, (body: ReadableStream) => ReadableStream> = {
  "/unguarded/chat/completions": (body) => body,
  "/loop/chat/completions": throughLoop,
};

export default {
  async fetch(request, env, context) {
    const through = routes[new URL(request.url).pathname];
    const protocol = protocolOf("/v1/chat/completions");
    if (through === undefined || protocol === undefined) return worker.fetch(request, env, context);
    const { body } = await askUpstream(await readChatRequest(request, protocol), request, env);
    const headers = { "content-type": "text/event-stream" };
    return new Response(body && through(body), { headers });
  },
} satisfies ExportedHandler<Env>;

function throughLoop(body: ReadableStream): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  void (async () => {
    const writer = writable.getWriter();
    for await (const bytes of body) await writer.write(bytes);
    await writer.close();
  })();
  return readable;
}
