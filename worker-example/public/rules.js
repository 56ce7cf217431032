// Which versions of the policies are active, and for administrators what there is to swap.

import { $, element } from "./view.js";

/**
 * @typedef {import("./monitor.js").Limits} Limits
 * @typedef {{ id: string, version: number, sha256: string, stopped: boolean, limits: Limits }} Rule
 * @typedef {{ rule: string, active: number, stopped: boolean, versions: { version: number, status: string, sha256: string }[] }} History
 */

/** @returns {Promise<Rule[]>} */
async function activeRules() {
  const response = await fetch("/v1/rules");
  return response.ok ? (await response.json()).rules : [];
}

/**
 * Shows what is active, and tells the limits by unit.
 *
 * @returns {Promise<Record<string, Limits>>}
 */
export async function showRules() {
  const rules = await activeRules();
  $("rules").replaceChildren(
    ...rules.map(({ id, version, sha256, stopped }) =>
      element(
        "div",
        { "data-rule": id },
        element("dt", {}, id),
        element("dd", { class: "active" }, stopped ? "stopped" : `version ${version} is active`),
        element("dd", {}, element("code", {}, `${sha256.slice(0, 12)}…`)),
      ),
    ),
  );
  return Object.fromEntries(rules.map(({ id, limits }) => [id.replace(/^answers-/, ""), limits]));
}

/** Shows which version a stream began with. */
export function showRuleOf(/** @type {string} */ rule) {
  const [id = "", version = "0"] = rule.split("@");
  $("rule-of-stream").textContent =
    version === "0"
      ? "The last stream ran under the Worker's own policy."
      : `The last stream: ${id}, version ${version}.`;
}

/** @param {string} path @param {object} [body] */
async function admin(path, body) {
  const key = /** @type {HTMLInputElement} */ ($("admin-key")).value;
  const response = await fetch(`/admin/rules/${path}`, {
    method: path.endsWith("/history") ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? `status ${response.status}`);
  return answer;
}

/** Does something, says how it went, and shows what is so then. @param {() => Promise<string>} work */
async function say(work) {
  try {
    const words = await work();
    await Promise.all([showRules(), showVersions()]);
    $("admin-says").textContent = words;
  } catch (error) {
    $("admin-says").textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} label @param {() => Promise<string>} work */
function button(label, work) {
  const it = element("button", { class: "quiet", type: "button" }, label);
  it.addEventListener("click", () => void say(work));
  return it;
}

async function showVersions() {
  /** @type {HTMLElement[]} */
  const rows = [];
  for (const { id } of await activeRules()) {
    /** @type {History} */
    const { active, stopped, versions } = await admin(`${id}/history`);
    const stop = stopped ? "resume" : "stop";
    const title = element("li", {}, element("b", {}, id));
    title.append(
      button(stopped ? "Resume" : "Emergency stop", async () => {
        await admin(`${id}/${stop}`);
        return `${id} was ${stopped ? "resumed" : "stopped"}.`;
      }),
    );
    rows.push(title);
    for (const { version, status, sha256 } of versions) {
      const row = element("li", { "data-version": `${id}@${version}` });
      row.append(element("span", {}, `version ${version}: ${status}`));
      row.append(element("code", {}, `${sha256.slice(0, 12)}…`));
      if (version !== active && status !== "failed") {
        const verb = version < active ? "rollback" : "reload";
        row.append(
          button(verb === "rollback" ? "Roll back" : "Activate", async () => {
            const { from, to } = await admin(`${id}/${verb}`, { version });
            return `${id}: version ${from} was replaced by version ${to}. Streams that run keep theirs.`;
          }),
        );
      }
      rows.push(row);
    }
  }
  $("versions").replaceChildren(...rows);
}

$("admin").addEventListener("submit", (event) => {
  event.preventDefault();
  void say(async () => "These are the versions.");
});
