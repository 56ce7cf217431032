// Reads a server-sent event stream as it arrives, comments included.

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
 * Asks for a completion and reads it.
 *
 * @param {{ model: string, prompt: string, unit: string, mode: string, signal: AbortSignal, started: (stream: string, rule: string) => void }} ask
 * @returns {AsyncGenerator<StreamItem>}
 */
export async function* complete({ model, prompt, unit, mode, signal, started }) {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    signal,
    headers: {
      "content-type": "application/json",
      "x-interlock-trace": "1",
      "x-interlock-unit": unit,
      "x-interlock-mode": mode,
    },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: prompt }] }),
  });
  if (!response.ok || response.body === null) {
    const body = await response.json().catch(() => null);
    throw new Error(body?.error?.message ?? `The Worker answered with status ${response.status}.`);
  }
  const { headers } = response;
  started(headers.get("x-interlock-stream") ?? "", headers.get("x-interlock-rule") ?? "");
  yield* readEvents(response.body);
}
