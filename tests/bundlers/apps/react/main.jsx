// A page that reads answers under guard, and what it shows while it does.

import { StrictMode, createElement, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { readAnswer } from "interlock-wasm";
import { useAnswer } from "interlock-wasm/react";

const event = (content) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;

/** What upstreams were cancelled for, by their name. */
const cancelled = [];

/** An upstream that says its words one by one, and stays open when it is told to. */
function upstream(name, words, { open = false, signal } = {}) {
  const body = new ReadableStream({
    async start(controller) {
      signal.addEventListener("abort", () => cancelled.push(name));
      for (const word of words) {
        controller.enqueue(new TextEncoder().encode(event(word)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (open) return;
      controller.enqueue(new TextEncoder().encode("data: [DONE]\n\n"));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const score = ({ text }) => (text.includes("bad") ? 0.1 : 0.9);

/** What was shown, without what was shown twice. */
const shown = [];
let answer;

function Chat() {
  answer = useAnswer((signal, name, words, more) => {
    if (words === undefined) throw new TypeError("nothing to ask");
    return readAnswer(Promise.resolve(upstream(name, words, { ...more, signal })), {
      scorer: score,
    });
  });
  const { state, text, record, error } = answer;
  const view = `${state}: ${text}`;
  useEffect(() => {
    if (shown.at(-1) !== view) shown.push(view);
  }, [view]);
  return createElement("p", { "data-state": state }, text || String(record ?? error ?? ""));
}

let hide;
function App() {
  const [visible, setVisible] = useState(true);
  hide = () => setVisible(false);
  return visible ? createElement(Chat) : null;
}

const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

const root = document.body.appendChild(document.createElement("div"));
createRoot(root).render(createElement(StrictMode, undefined, createElement(App)));
// Its effects have run, and in strict mode run again.
await until(() => shown.length > 0);

const { start, stop } = answer;
start("clean", ["The ", "sky."]);
await until(() => answer.state === "completed");
const clean = { text: root.textContent, state: answer.record.state };

start("halted", ["Good, ", "bad, ", "never shown"]);
await until(() => answer.state === "halted");
const halted = { text: root.textContent, reason: answer.record.halt.reason };

start("replaced", ["one"], { open: true });
await until(() => answer.text === "one");
start("stopped", ["two"], { open: true });
await until(() => answer.text === "two");
stop();
await until(() => answer.state === "stopped");
const stopped = root.textContent;

start("failing");
await until(() => answer.state === "failed");
const failed = String(answer.error);

start("gone", ["three"], { open: true });
await until(() => answer.text === "three");
hide();
await until(() => cancelled.includes("gone"));

globalThis.result = {
  clean,
  halted,
  stopped,
  failed,
  cancelled,
  stable: answer.start === start && answer.stop === stop,
  neverShown: !shown.some((view) => view.includes("bad") || view.includes("never")),
  grew: shown.includes("reading: The ") && shown.includes("completed: The sky."),
};
