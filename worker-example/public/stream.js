// Reads a server-sent event stream as it arrives, comments included.

/** A request that the Worker did not send on. */
export class Refused extends Error {}

/**
 * @typedef {{ comment: string } | { data: string }} StreamItem
 * A comment is a line that starts with a colon; clients skip it. The Worker sends its verdicts that way.
 */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<StreamItem>}
 */
export async function* readEvents(body) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith(":")) yield { comment: line.slice(1).trimStart() };
        else if (line.startsWith("data:")) yield { data: line.slice(5).trimStart() };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Asks for an answer and reads it.
 *
 * @param {{ protocol: import("./protocols.js").Protocol, model: string, prompt: string, unit: string, mode: string, signal: AbortSignal, started: (stream: string, rule: string) => void }} ask
 * @returns {AsyncGenerator<StreamItem>}
 */
export async function* complete({ protocol, model, prompt, unit, mode, signal, started }) {
  const response = await fetch(protocol.path(model), {
    method: "POST",
    signal,
    headers: {
      "content-type": "application/json",
      "x-interlock-trace": "1",
      "x-interlock-unit": unit,
      "x-interlock-mode": mode,
    },
    body: JSON.stringify(protocol.body(model, prompt)),
  });
  const { headers } = response;
  if (!response.ok || response.body === null) {
    const body = await response.json().catch(() => null);
    const message = body?.error?.message ?? `The Worker answered with status ${response.status}.`;
    const stream = headers.get("x-interlock-stream");
    if (stream === null) throw new Error(message);
    started(stream, "");
    throw new Refused(message);
  }
  started(headers.get("x-interlock-stream") ?? "", headers.get("x-interlock-rule") ?? "");
  yield* readEvents(response.body);
}
