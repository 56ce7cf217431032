// The page: asks the Worker for a stream, reads what arrives, and hands it to the view.

import { showEvidence, showLedger } from "./evidence.js";
import { showRules, showRuleOf } from "./rules.js";
import { protocols } from "./protocols.js";
import { complete, Refused } from "./stream.js";
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
  const protocol = protocolOf(data);
  let stream = "";
  const ask = {
    protocol,
    model: String(data.get("model")),
    unit,
    mode: String(data.get("mode")),
    prompt: prompt.value,
    signal: abort.signal,
    started: (/** @type {string} */ id, /** @type {string} */ rule) => {
      stream = id;
      if (rule !== "") showRuleOf(rule);
    },
  };
  try {
    view.end(await read(ask));
  } catch (error) {
    const kind = error instanceof Refused ? "refused" : "failed";
    view.end(
      abort.signal.aborted
        ? { kind: "cancelled" }
        : { kind, message: error instanceof Error ? error.message : String(error) },
    );
  }
  running = null;
  if (stream !== "") await showEvidence(stream);
}

/** The protocol that is chosen. @param {FormData} data */
function protocolOf(data) {
  return protocols[String(data.get("protocol"))] ?? /** @type {any} */ (protocols)["chat"];
}

/**
 * Reads one stream to its end. The text comes from the content, as for any client; what was thought
 * of it, and what was withheld, comes from the trace.
 *
 * @param {Ask} ask
 * @returns {Promise<import("./view.js").Outcome>}
 */
async function read(ask) {
  const enforced = ask.mode === "enforce";
  /** @type {import("./view.js").Outcome} */
  let outcome = { kind: "failed", message: "The stream ended without its end marker." };
  /** What stands in place of the rest. @type {string | undefined} */
  let message;
  let last = "";
  for await (const item of complete(ask)) {
    view.wire(item);
    if ("comment" in item) {
      if (!item.comment.startsWith("interlock ")) continue;
      const { match, ...traced } = JSON.parse(item.comment.slice("interlock ".length));
      if (match) view.match(match, enforced);
      else if (traced.channel.kind === "content") view.verdict(traced, enforced);
      continue;
    }
    if (item.data === "[DONE]") return outcome;
    const { text, call, end, reason, error } = ask.protocol.read(JSON.parse(item.data));
    if (error !== undefined) return { kind: "failed", message: error };
    if (call) view.call(call.name, call.text);
    if (text !== undefined) {
      if (end === "halted" || (enforced && view.isHalted())) message = text;
      else view.content((last = text));
    }
    if (end === "halted") {
      // Without a trace of the halt the ending is told from the answer only now.
      if (message === undefined) view.takeBack(last);
      outcome = { kind: "halted", message: message ?? last, reason };
    } else if (end !== undefined) outcome = { kind: "completed" };
  }
  return outcome;
}

// The limits belong to the unit: show them as soon as it is chosen.
form.addEventListener("change", () => {
  const data = new FormData(form);
  if (!running) view.prepare(String(data.get("unit")));
  $("path").textContent = `POST ${protocolOf(data).path(String(data.get("model")) || "MODEL")}`;
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
  for (const [name, { title }] of Object.entries(protocols)) {
    const input = element("input", { type: "radio", name: "protocol", value: name });
    input.toggleAttribute("checked", name === "chat");
    $("protocols").append(element("label", {}, input, element("span", {}, title)));
  }
  prompt.value = about.question;
  $("hint").textContent = about.demo
    ? "The demo models replay a transcript, whatever you ask. What must not leave does not reach them either."
    : "Scores are shown for the demo upstream only.";
  $("facts").append(...about.facts.map(({ value }) => element("li", {}, value)));
  $("base").textContent = location.origin;
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
