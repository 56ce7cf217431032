// A question and its answer in React, guarded in the browser: what must not be shown does not reach the component.

import { GuardTables } from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import { useGuardedFetch } from "interlock-wasm/react";
import { useState } from "react";

const guardTables = new GuardTables(redactSets); // once, for all answers
const policy = {
  guard: { rules: [{ sets: ["email", "phone"], action: "redact" }] },
  ending: { message: " [stopped]" },
};
/** A scorer of your own. */
const scorer = ({ text }) => (text.includes("knife") ? 0.1 : 0.9);

export function Chat({ model }) {
  const { fetch, status, record, matches, stop } = useGuardedFetch({ policy, guardTables, scorer });
  const [answer, setAnswer] = useState("");

  async function ask() {
    setAnswer("");
    const response = await fetch("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", "x-interlock-mode": "observe" },
      body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello" }] }),
    });
    for await (const text of textsOf(response)) setAnswer((before) => before + text);
  }

  return (
    <main>
      <button id="ask" onClick={() => void ask().catch(() => {})}>
        Ask
      </button>
      <button id="stop" onClick={stop}>
        Stop
      </button>
      <p id="answer">{answer}</p>
      <p id="status">{status}</p>
      <p id="why">{record?.halt?.reason}</p>
      <p id="found">{matches.map(({ pattern }) => pattern).join(" ")}</p>
    </main>
  );
}

/** The pieces of text in a stream of chat completions. */
async function* textsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      yield JSON.parse(line.slice(6)).choices?.[0]?.delta?.content ?? "";
    }
  }
}
