// What the Worker recorded of a run, and the proof that it did: checked here, by the same code that keeps the ledger.

import {
  Ed25519Verifier,
  init,
  leafHash,
  openCheckpoint,
  verifyInclusion,
  withPayload,
} from "interlock-wasm/ledger/slim";
import { $, element } from "./view.js";

/**
 * @typedef {{ index: number, id: string, origin: string, kind: string, tags: string[], timestamp: number, payload: string }} Node
 * @typedef {{ ceiling: number, spent: number, reserved: number, free: number }} Balance
 * @typedef {{ origin: string, key: string, size: number, nodes: Node[], budget: Record<string, Balance> }} Ledger
 * @typedef {{ entry: string, path: string[], checkpoint: string }} Proof
 */

/** @param {string} path @returns {Promise<any>} */
async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered with status ${response.status}`);
  return response.json();
}

/** The kinds of the last node of a run. */
const ENDS = new Set(["session.end", "request.refused"]);

/** @param {string} text */
const bytesOf = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/**
 * Verifies that a node is in the log of a checkpoint that the key has signed, with the payload that is shown. Throws
 * where it is not.
 *
 * @param {Ledger} ledger @param {Node} node
 */
async function verify({ origin, key }, node) {
  /** @type {Proof} */
  const proof = await get(`/v1/ledger/proof?index=${node.index}`);
  const entry = bytesOf(proof.entry);
  const { size, root } = openCheckpoint(proof.checkpoint, origin, [new Ed25519Verifier(key)]);
  verifyInclusion(leafHash(entry), node.index, size, proof.path.map(bytesOf), root);
  const proven = withPayload(entry, new TextEncoder().encode(node.payload));
  if (proven.id !== node.id || proven.kind !== node.kind) throw new Error("it is another node");
  return { size, root };
}

/** What a node says, in a line. @param {Node} node */
function detail({ kind, payload }) {
  const it = JSON.parse(payload);
  const grant = it.grant ? `, grant ${it.grant} v${it.version}` : "";
  switch (kind) {
    case "covenant.decision":
      return `${it.resource}${it.reason ? `: ${it.reason}` : ""}${grant}`;
    case "session.halt": {
      const values = it.observed === undefined ? "" : `${it.observed}, bound ${it.bound}`;
      const place = it.segment === undefined ? "" : `, ${it.length} bytes at byte ${it.start}`;
      return `${it.pattern ?? ""}${values}${place}${grant}`.replace(/^, /, "");
    }
    case "session.guard":
      return `${it.pattern}, ${it.length} bytes at byte ${it.start}`;
    case "request.guard":
      return `${it.pattern} in ${it.field}, ${it.length} bytes${it.matches > 1 ? `, ${it.matches} times` : ""}`;
    case "request.refused":
      return `not sent on: ${it.field ?? "the body"}`;
    default: {
      const [content] = it.channels;
      const spent = it.counters?.find((/** @type {any} */ { counter }) => counter === "tokens");
      return content
        ? `${content.released} of ${content.bytes} bytes ${content.checked}, ${spent?.spent ?? 0} tokens spent`
        : "no text";
    }
  }
}

/** @param {Record<string, Balance>} budget */
function drawBudget(budget) {
  $("budget").replaceChildren(
    ...Object.entries(budget).map(([name, { ceiling, spent, reserved, free }]) => {
      const used = element("i");
      used.style.width = `${((spent + reserved) / Math.max(ceiling, 1)) * 100}%`;
      return element(
        "div",
        { "data-counter": name },
        element("dt", {}, `${name[0]?.toUpperCase()}${name.slice(1)} left`),
        element("dd", { class: "value" }, free.toLocaleString("en")),
        element(
          "dd",
          { class: "rule" },
          `of ${ceiling.toLocaleString("en")}, ${reserved.toLocaleString("en")} on lease`,
        ),
        element("dd", { class: "bar", "aria-hidden": "true" }, used),
      );
    }),
  );
}

/** @param {Ledger} ledger @param {string} [stream] */
function drawNodes({ nodes }, stream) {
  const rows = nodes.map((node) =>
    element(
      "li",
      { "data-kind": node.kind, ...(node.origin === stream && { class: "is-own" }) },
      element("span", { class: "index" }, `#${node.index}`),
      element("b", { "data-tag": node.tags[0] ?? "" }, node.tags[0] ?? ""),
      element("span", { class: "kind" }, node.kind),
      element("span", { class: "detail" }, detail(node)),
      element("time", {}, new Date(node.timestamp).toLocaleTimeString("en-GB")),
    ),
  );
  $("nodes").replaceChildren(...rows);
}

/** @param {string} aspect @param {(Node | string | HTMLElement)[]} content */
function say(aspect, ...content) {
  $("proof").dataset["aspect"] = aspect;
  $("proof").replaceChildren(.../** @type {any} */ (content));
}

/** The ledger as it is, and what is left of the budget. */
export async function showLedger(/** @type {string | undefined} */ stream = undefined) {
  const ledger = /** @type {Ledger} */ (await get("/v1/ledger?limit=8"));
  drawBudget(ledger.budget);
  drawNodes(ledger, stream);
  return ledger;
}

/** How long the run took, by the Worker's clock. @param {Node[]} nodes */
function drawTimings(nodes) {
  const end = nodes.find(({ kind }) => kind === "session.end");
  const { timings = {} } = end ? JSON.parse(end.payload) : {};
  const rows = Object.entries({
    "First byte": timings.first_byte_ms,
    "First text": timings.first_delivered_ms,
    "Longest stall": timings.longest_stall_ms,
    "All of it": timings.duration_ms,
  }).filter(([, ms]) => typeof ms === "number");
  $("timings").replaceChildren(
    ...rows.map(([name, ms]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, `${Math.round(ms)} ms`)),
    ),
  );
}

/** Shows the nodes of a run that is over, and proves them. */
export async function showEvidence(/** @type {string} */ stream) {
  say("off", "Checking the proof …");
  try {
    await init(new URL("vendor/wasm/ledger_bg.wasm", import.meta.url));
    /** @type {Node[]} */
    let nodes = [];
    // The end is recorded when the stream is over, not before it.
    for (let i = 0; i < 40 && !nodes.some(({ kind }) => ENDS.has(kind)); i += 1) {
      if (i > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      ({ nodes } = await get(`/v1/ledger?stream=${stream}`));
    }
    drawTimings(nodes);
    const ledger = await showLedger(stream);
    let proven;
    for (const node of nodes) proven = await verify(ledger, node);
    if (proven === undefined) throw new Error("the run left no node");
    const root = Array.from(proven.root.slice(0, 6), (byte) => byte.toString(16).padStart(2, "0"));
    const indices = nodes.map(({ index }) => `#${index}`).reverse();
    say(
      "clear",
      element("strong", {}, "Proven in this browser. "),
      `${indices.join(", ")}: in the signed log of ${proven.size} entries with root `,
      element("code", {}, `${root.join("")}…`),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say("stop", element("strong", {}, "Not proven. "), message);
  }
}
