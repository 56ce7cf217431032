// An upstream on loopback that does what a test tells it to.

import http from "node:http";

/** A chunk of an OpenAI chat stream with some text. */
export function chunk(content, finish = null) {
  const delta = content === null ? {} : { content };
  return {
    id: "chatcmpl-test",
    object: "chat.completion.chunk",
    created: 1,
    model: "scripted",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** A server-sent event. */
export const event = (value) =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;

/** The whole stream that says these tokens. */
export const stream = (tokens) =>
  tokens.map((token) => event(chunk(token))).join("") +
  event(chunk(null, "stop")) +
  event("[DONE]");

/**
 * Starts an upstream. `answer` is called for every request with the response, its parsed body and the
 * request; headers of an event stream are set unless it sets others.
 *
 * @param {(response: http.ServerResponse, body: any, request: http.IncomingMessage) => unknown} answer
 */
export async function startUpstream(answer) {
  const counts = { opened: 0, cancelled: 0, finished: 0 };
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    counts.opened += 1;
    // Closed before everything was handed over: the other side went away.
    response.once("close", () =>
      response.writableFinished ? counts.finished++ : counts.cancelled++,
    );
    response.setHeader("content-type", "text/event-stream");
    const body = Buffer.concat(parts).toString();
    await answer(response, body === "" ? undefined : JSON.parse(body), request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    counts,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `holds` does, and fails when it does not within the time. */
export async function until(holds, what, ms = 5000) {
  const end = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(10);
  }
}
