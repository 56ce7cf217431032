// What the page shows of one run: the tokens, the chart, the limits, the verdict and the wire.

import { createChart } from "./chart.js";
import { createFindings } from "./guard.js";
import { colourOf, judge } from "./monitor.js";

/**
 * @typedef {import("./monitor.js").Limits} Limits
 * @typedef {import("./monitor.js").Point} Point
 * @typedef {{ outcome: "pass" | "warn" | "halt", reason?: string, observed?: number, bound?: number }} Verdict
 * @typedef {{ start: number, end: number, text: string, score: number | null, verdict: Verdict }} Traced
 * A verdict. The Worker counts bytes of what the model said; here they are those of what has left.
 * @typedef {{ node: HTMLElement, text: string, start: number, score: number | null, index: number }} Token
 * `index` is the token's place among the scored ones, -1 without a score.
 * @typedef {{ kind: "completed" | "halted" | "failed" | "cancelled" | "refused", message?: string, reason?: string | undefined }} Outcome
 * `reason` is how the protocol calls the end.
 */

/** @param {string} id @returns {HTMLElement} */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const encoder = new TextEncoder();

/** How the protocols say that a filter ended the answer. */
const ENDING = /"(?:content[_-]filter|refusal|SAFETY)"/;

/** @param {number | null | undefined} n */
const fixed = (n, digits = 2) => (n == null ? "–" : n.toFixed(digits));

/** @param {Record<string, Limits>} all The limits by unit: `delta` and `sentence`. */
export function createView(all) {
  /** @type {Limits} */
  let limits;
  let unit = "";
  const answer = $("text");
  /** @type {Token[]} */
  let tokens = [];
  /** @type {Point[]} */
  let points = [];
  /** @type {Traced[]} */
  let trace = [];
  /** @type {Verdict | null} */
  let halt = null;
  /** @type {number | null} */
  let haltedAt = null;
  let started = 0;
  /** Bytes of the answer that have arrived. */
  let length = 0;
  /** Bytes that verdicts are about. */
  let judged = 0;
  const findings = createFindings($("found"));

  const chart = createChart(
    /** @type {any} */ ($("chart")),
    (point) => colourOf(point.score, limits),
    (index) => select(tokens.find((token) => index !== null && token.index === index)),
  );

  const noun = () => (unit === "sentence" ? "sentence" : "token");
  const covers = (/** @type {Traced} */ { start, end }, /** @type {number} */ at) =>
    start <= at && at < end;

  /** Adds text to the answer: to the piece whose verdict it shares, or as a piece of its own. */
  function add(
    /** @type {string} */ text,
    /** @type {Traced | undefined} */ traced,
    withheld = false,
  ) {
    const last = tokens.at(-1);
    if (traced && last && covers(traced, last.start) && !withheld) {
      last.text += text;
      findings.fill(last.node, last.text);
      return draw();
    }
    const node = element("span", { class: "token" });
    findings.fill(node, text);
    /** @type {Token} */
    const token = { node, text, start: length, score: null, index: -1 };
    node.classList.add(withheld ? "is-withheld" : "is-unscored");
    node.addEventListener("pointerenter", () => select(token));
    tokens.push(token);
    answer.append(node);
    if (traced) score(token, traced);
    // Past a halt that was only observed nothing is scored any more.
    else if (halt) node.classList.add("is-past");
    draw();
  }

  function score(/** @type {Token} */ token, /** @type {Traced} */ { score: value, verdict }) {
    if (value === null || token.score !== null) return;
    token.score = value;
    token.index = points.length;
    points.push(judge([...points.map((point) => point.score), value], limits));
    token.node.classList.remove("is-unscored");
    token.node.classList.toggle("is-halt", verdict.outcome === "halt");
    token.node.style.setProperty("--tone", colourOf(value, limits));
    if (verdict.outcome === "halt") haltedAt = token.index;
    else if (value < limits.soft_limit) state("caution", "Caution");
    else state("clear", "Passing");
  }

  function draw() {
    const last = points.at(-1);
    chart.show(points, haltedAt);
    const summary = last
      ? `${count(points.length)}. Last: score ${fixed(last.score)}, average ${fixed(last.average)}, drop ${fixed(last.drop)}.`
      : "No scores yet.";
    $("chart").setAttribute("aria-label", summary);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const shown = points.length || tokens.length;
    $("count").textContent = shown > 0 ? `${count(shown)} · ${seconds} s` : "";
    drawLimits(haltedAt === null ? last : points[haltedAt]);
  }

  function drawLimits(/** @type {Point | undefined} */ point) {
    const { hard_limit, window_size, window_threshold, trend_window, trend_threshold } = limits;
    $("limits").replaceChildren(
      limit("hard-limit", "Hard limit", point?.score, hard_limit, `score, at least ${hard_limit}`),
      limit(
        "window-average",
        "Average",
        point?.average,
        window_threshold,
        `of ${window_size}, at least ${window_threshold}`,
      ),
      limit(
        "downward-trend",
        "Trend",
        point?.drop,
        trend_threshold,
        `drop over ${trend_window}, at most ${trend_threshold}`,
      ),
    );
  }

  /**
   * @param {string} reason @param {string} name @param {number | null | undefined} value
   * @param {number} bound @param {string} rule
   */
  function limit(reason, name, value, bound, rule) {
    const fill = element("i");
    fill.style.width = `${Math.min(Math.max(value ?? 0, 0), 1) * 100}%`;
    const tick = element("b");
    tick.style.left = `${bound * 100}%`;
    return element(
      "div",
      { class: halt?.reason === reason ? "limit is-crossed" : "limit", "data-limit": reason },
      element("dt", {}, name),
      element("dd", { class: "value" }, fixed(value, 3)),
      element("dd", { class: "rule" }, rule),
      element("dd", { class: "bar", "aria-hidden": "true" }, fill, tick),
    );
  }

  const count = (/** @type {number} */ n) => `${n} ${noun()}${n === 1 ? "" : "s"}`;

  /** Shows one piece's numbers, in the text and in the chart. */
  function select(/** @type {Token | undefined} */ token) {
    answer.querySelector(".is-selected")?.classList.remove("is-selected");
    token?.node.classList.add("is-selected");
    const point = token && points[token.index];
    chart.point(point ? token.index : null);
    const readout = $("readout");
    if (!token) {
      readout.textContent = tokens.length > 0 ? `Point at a ${noun()}, or use the arrow keys.` : "";
      return;
    }
    const numbers = point
      ? `score ${fixed(point.score, 3)}, average ${fixed(point.average, 3)}, drop ${fixed(point.drop, 3)}`
      : "not scored";
    const place = `${tokens.indexOf(token) + 1} of ${tokens.length}`;
    const text = token.text.trim();
    const name = text.length > 24 ? `${text.slice(0, 22)}…` : text || "␣";
    readout.replaceChildren(element("b", {}, name), ` ${numbers} `, element("small", {}, place));
  }

  answer.addEventListener("pointerleave", () => select(undefined));
  answer.addEventListener("blur", () => select(undefined));
  answer.addEventListener("keydown", (event) => {
    const steps = new Map(
      Object.entries({ ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }),
    );
    const step = steps.get(event.key);
    if (step === undefined || tokens.length === 0) return;
    event.preventDefault();
    const from = tokens.findIndex(({ node }) => node.classList.contains("is-selected"));
    select(tokens[Math.min(Math.max(from + step, 0), tokens.length - 1)]);
    $("announce").textContent = $("readout").textContent;
  });

  /** @param {string} aspect @param {string} text @param {string} [spoken] */
  function state(aspect, text, spoken) {
    $("signal").dataset["aspect"] = aspect;
    $("state").dataset["aspect"] = aspect;
    $("state-text").textContent = text;
    if (spoken !== undefined) $("announce").textContent = spoken;
  }

  /** @param {string} aspect @param {string} title @param {(Node | string)[][]} paragraphs */
  function conclude(aspect, title, ...paragraphs) {
    const box = $("verdict");
    box.dataset["aspect"] = aspect;
    box.hidden = false;
    box.replaceChildren(
      element("h3", {}, title),
      ...paragraphs.map((content) => element("p", {}, ...content)),
    );
  }

  /** The halt in words. */
  function why(/** @type {Verdict} */ { reason, observed, bound }) {
    const seen = fixed(observed, 3);
    switch (reason) {
      case "hard-limit":
        return `The score fell to ${seen}; none may be below ${bound}.`;
      case "window-average":
        return `The last ${limits.window_size} scores average ${seen}; they must average at least ${bound}.`;
      case "downward-trend":
        return `Within ${limits.trend_window} ${noun()}s the score dropped by ${seen}; more than ${bound} is too much.`;
      default:
        return `The reason is ${reason}.`;
    }
  }

  /** Takes the limits of a unit, and forgets the last run. */
  function prepare(/** @type {string} */ next) {
    unit = next;
    limits = /** @type {Limits} */ (all[unit]);
    [tokens, points, trace, halt, haltedAt, length, judged] = [[], [], [], null, null, 0, 0];
    findings.clear();
    chart.prepare(unit, limits);
    drawRamp(limits);
    $("verdict").hidden = true;
    select(undefined);
    draw();
  }

  const empty = $("empty");
  prepare("delta");

  return {
    /** Another unit is chosen. */
    prepare(/** @type {string} */ next) {
      if (next === unit) return;
      prepare(next);
      answer.replaceChildren(empty);
      state("off", "Ready");
    },

    /** A run starts. */
    begin(/** @type {string} */ next) {
      prepare(next);
      started = performance.now();
      answer.replaceChildren();
      answer.classList.add("is-running");
      $("wire").replaceChildren();
      $("run").textContent = "Stop";
      state("clear", "Passing", "The stream has started.");
    },

    /** Text of the answer has arrived. */
    content(/** @type {string} */ text) {
      add(
        text,
        trace.find(({ start, end }) => start <= length && length < end),
      );
      length += encoder.encode(text).length;
    },

    /** A piece of a tool call has arrived: the Worker let it go when it was whole. */
    call(/** @type {string} */ name, /** @type {string} */ text) {
      if (name !== "") answer.append(element("code", { class: "call" }, name, " "));
      answer.querySelector(".call:last-child")?.append(text);
    },

    /** Whether a verdict or a match has ended the answer, or would have. */
    isHalted: () => halt !== null || findings.halt !== undefined,

    /** What was taken for the answer was what stands in place of its rest. */
    takeBack(/** @type {string} */ text) {
      const last = tokens.at(-1);
      if (last === undefined || last.text !== text) return;
      tokens.pop();
      last.node.remove();
      draw();
    },

    /** The guard has found something, before what has left of it. */
    match(/** @type {import("./guard.js").Match} */ match, /** @type {boolean} */ enforced) {
      findings.add(match, enforced);
      if (match.action !== "halt" || !enforced) return;
      const withheld = `${match.length} bytes withheld`;
      answer.append(element("span", { class: "withheld-match" }, withheld));
    },

    /** A verdict has arrived, before or after its text. */
    verdict(/** @type {Traced} */ said, /** @type {boolean} */ enforced) {
      const end = judged + encoder.encode(said.text).length;
      const traced = { ...said, start: judged, end };
      judged = end;
      trace.push(traced);
      if (traced.verdict.outcome === "halt") halt ??= traced.verdict;
      if (traced.verdict.outcome === "halt" && enforced) return add(traced.text, traced, true);
      const [first, ...others] = tokens.filter((token) => covers(traced, token.start));
      if (first === undefined) return;
      for (const { node, text } of others) {
        first.text += text;
        node.remove();
      }
      findings.fill(first.node, first.text);
      tokens = tokens.filter((token) => !others.includes(token));
      score(first, traced);
      if (halt)
        for (const { node, score } of tokens) node.classList.toggle("is-past", score === null);
      draw();
    },

    /** The run is over. */
    end(/** @type {Outcome} */ { kind, message = "", reason = "" }) {
      answer.classList.remove("is-running");
      $("run").textContent = "Restart";
      const number = points.length || tokens.length;
      if (kind === "halted" && halt) {
        const withheld = element("code", { class: "withheld" }, tokens.at(-1)?.text.trim() ?? "");
        const title = `Stopped at ${noun()} ${number}: ${halt.reason?.replaceAll("-", " ")}`;
        state("stop", "Stopped", `${title}. ${why(halt)}`);
        conclude(
          "stop",
          title,
          [why(halt)],
          ["Withheld: ", withheld],
          [
            "The Worker cancelled the upstream there. In place of the rest the client got ",
            element("q", {}, message),
            " with ",
            element("code", {}, reason),
            ".",
          ],
        );
      } else if (kind === "halted" && findings.halt) {
        const { pattern, length } = findings.halt;
        const title = `Stopped by the guard: ${pattern}`;
        state("stop", "Stopped", title);
        conclude(
          "stop",
          title,
          [
            `Of these ${length} bytes not the first one has left, and this page does not know them.`,
          ],
          [
            "In place of the rest the client got ",
            element("q", {}, message),
            " with ",
            element("code", {}, reason),
            ".",
          ],
        );
      } else if (kind === "refused") {
        state("stop", "Refused", `Refused. ${message}`);
        conclude("stop", "The request was refused", [message]);
      } else if (kind === "halted") {
        state("stop", "Stopped", "The stream was stopped.");
        conclude("stop", "Stopped", [
          "The client got ",
          element("q", {}, message),
          ". The evidence below says why.",
        ]);
      } else if (kind === "completed" && findings.halt && !halt) {
        const observed = `The guard would have stopped the stream: ${findings.halt.pattern}.`;
        state("caution", "Observed", `Complete. ${observed}`);
        conclude("caution", "Observed only: nothing was withheld", [observed]);
      } else if (kind === "completed" && halt) {
        const observed = `The stream would have stopped where the text turns pale. ${why(halt)}`;
        state("caution", "Observed", `Complete. ${observed}`);
        conclude("caution", "Observed only: nothing was withheld", [observed]);
      } else if (kind === "completed") {
        const passed =
          points.length > 0
            ? `${count(number)}, and all of them passed.`
            : "The answer has arrived.";
        state("clear", "Complete", `Complete: ${passed}`);
        conclude("clear", "Complete", [passed]);
      } else if (kind === "cancelled") {
        state("off", "Cancelled", "Cancelled.");
        conclude("off", "Cancelled", [
          "You left the stream, and the Worker cancelled the upstream.",
        ]);
      } else {
        state("stop", "Failed", `Failed. ${message}`);
        conclude("stop", "The stream failed", [message]);
      }
      select(undefined);
      draw();
    },

    /** A line has arrived. */
    wire(/** @type {import("./stream.js").StreamItem} */ item) {
      const box = $("wire");
      const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
      const [kind, line] =
        "comment" in item ? ["comment", `: ${item.comment}`] : ["data", `data: ${item.data}`];
      box.append(element("span", { class: ENDING.test(line) ? "ending" : kind }, `${line}\n`));
      if (atEnd) box.scrollTop = box.scrollHeight;
    },
  };
}

/** The scale below the answer, in the colours of the tokens. */
function drawRamp(/** @type {Limits} */ limits) {
  const stops = Array.from({ length: 21 }, (_, i) => `${colourOf(i / 20, limits)} ${i * 5}%`);
  const ramp = $("ramp");
  ramp.replaceChildren();
  ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  for (const [name, at] of Object.entries({ hard: limits.hard_limit, soft: limits.soft_limit })) {
    const mark = element("i", { class: name }, element("span", {}, `${name} limit ${at}`));
    mark.style.left = `${at * 100}%`;
    ramp.append(mark);
  }
}
