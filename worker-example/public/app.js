// The page: asks the Worker for a stream, reads what arrives, and hands it to the view.

import { showEvidence, showLedger } from "./evidence.js";
import { showRules, showRuleOf } from "./rules.js";
import { complete } from "./stream.js";
import "./theme.js";
import { $, createView, element } from "./view.js";

/**
 * @typedef {import("./view.js").Traced} Traced
 * @typedef {{ demo: boolean, limits: Record<string, import("./monitor.js").Limits>, question: string,
 *   facts: { key: string, value: string }[], models: { id: string, title: string, about: string }[] }} About
 * @typedef {Parameters<typeof complete>[0]} Ask
 */

/** @type {About} */
const about = await fetch("about.json").then((response) => response.json());
const view = createView(about.limits);
const form = /** @type {HTMLFormElement} */ ($("form"));
const prompt = /** @type {HTMLTextAreaElement} */ ($("prompt"));

/** @type {AbortController | null} The run that is under way. */
let running = null;

async function start() {
  const abort = new AbortController();
  running = abort;
  const data = new FormData(form);
  const unit = String(data.get("unit"));
  view.begin(unit);
  let stream = "";
  const ask = {
    model: String(data.get("model")),
    unit,
    mode: String(data.get("mode")),
    prompt: prompt.value,
    signal: abort.signal,
    started: (/** @type {string} */ id, /** @type {string} */ rule) => {
      stream = id;
      showRuleOf(rule);
    },
  };
  try {
    view.end(await read(ask));
  } catch (error) {
    view.end(
      abort.signal.aborted
        ? { kind: "cancelled" }
        : { kind: "failed", message: error instanceof Error ? error.message : String(error) },
    );
  }
  running = null;
  if (stream !== "") await showEvidence(stream);
}

/**
 * Reads one stream to its end. The text comes from the content, as for any client; what was thought
 * of it, and what was withheld, comes from the trace.
 *
 * @param {Ask} ask
 * @returns {Promise<import("./view.js").Outcome>}
 */
async function read(ask) {
  /** @type {import("./view.js").Outcome} */
  let outcome = { kind: "failed", message: "The stream ended without its end marker." };
  for await (const item of complete(ask)) {
    view.wire(item);
    if ("comment" in item) {
      if (item.comment.startsWith("interlock ")) {
        view.verdict(JSON.parse(item.comment.slice("interlock ".length)), ask.mode === "enforce");
      }
      continue;
    }
    if (item.data === "[DONE]") return outcome;
    const chunk = JSON.parse(item.data);
    if (chunk.error) return { kind: "failed", message: chunk.error.message };
    const choice = chunk.choices?.[0];
    const content = choice?.delta?.content ?? "";
    const call = choice?.delta?.tool_calls?.[0]?.function;
    if (call) view.call(call.name ?? "", call.arguments ?? "");
    if (choice?.finish_reason === "content_filter") {
      outcome = { kind: "halted", message: content };
    } else {
      if (content !== "") view.content(content);
      if (choice?.finish_reason) outcome = { kind: "completed" };
    }
  }
  return outcome;
}

// The limits belong to the unit: show them as soon as it is chosen.
form.addEventListener("change", () => {
  if (!running) view.prepare(String(new FormData(form).get("unit")));
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.abort();
  else void start();
});

prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

// What the Worker says about itself.

function fill() {
  if (about.demo) {
    const wanted = about.models.find(({ id }) => `#${id}` === location.hash) ?? about.models[0];
    for (const { id, title, about: text } of about.models) {
      const input = element("input", { type: "radio", name: "model", value: id });
      input.toggleAttribute("checked", id === wanted?.id);
      $("models").append(
        element("label", {}, input, element("span", {}, element("b", {}, title), text)),
      );
    }
  } else {
    const label = {
      name: "model",
      required: "",
      placeholder: "gpt-4o-mini",
      "aria-label": "Name of a model",
    };
    $("models").append(element("input", { class: "model-name", ...label }));
  }
  prompt.value = about.question;
  $("hint").textContent = about.demo
    ? "The demo models replay a transcript, whatever you ask."
    : "Scores are shown for the demo upstream only.";
  $("facts").append(...about.facts.map(({ value }) => element("li", {}, value)));
  $("base").textContent = `${location.origin}/v1`;
}
fill();

/** The limits are those of the active versions. */
async function refresh() {
  Object.assign(about.limits, await showRules());
}
// Others swap versions, too.
setInterval(() => {
  if (!document.hidden) void refresh().catch(() => {});
}, 1000);
await Promise.all([showLedger(), refresh()]);
