// The example Worker, running on workerd, and what its processes weigh.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { start } from "../../../worker-example/start.mjs";

/** Path of a file of the example. */
export const inExample = (path) =>
  fileURLToPath(new URL(`../../../worker-example/${path}`, import.meta.url));

/**
 * Starts the Worker on a free port.
 *
 * @param {{ vars?: Record<string, string>, entrypoint?: string, persist?: string }} [options]
 */
export async function startWorker({ vars = {}, entrypoint, persist } = {}) {
  const before = new Set(workerdProcesses());
  const { url, stop } = await start({ vars: { DEMO_PACE: "0", ...vars }, entrypoint, persist });
  const processes = workerdProcesses().filter((pid) => !before.has(pid));
  return {
    origin: url.origin,
    base: `${url.origin}/v1`,
    stop,
    /** Resident memory of its workerd processes, in bytes. */
    residentBytes: () => processes.reduce((sum, pid) => sum + residentBytes(pid), 0),
  };
}

/** Asks for a completion with plain fetch. */
export function ask(base, body, init = {}) {
  const messages = [{ role: "user", content: "How do I charge the battery?" }];
  return fetch(`${base}/chat/completions`, {
    method: "POST",
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
    body: JSON.stringify({ model: "clean", messages, stream: true, ...body }),
  });
}

/**
 * The events of a whole stream: `data` as text, `comments` apart. Fails on a line that is neither.
 *
 * @param {string} text
 */
export function parseEvents(text) {
  const data = [];
  const comments = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("data: ")) data.push(line.slice(6));
    else if (line.startsWith(":")) comments.push(line.slice(1).trim());
    else if (line !== "") throw new Error(`not a line of an event stream: ${JSON.stringify(line)}`);
  }
  return { data, comments };
}

/** The answer's text in the events of a stream. */
export function contentOf(data) {
  return data
    .filter((line) => line !== "[DONE]")
    .map((line) => JSON.parse(line).choices?.[0]?.delta?.content ?? "")
    .join("");
}

/** A module of the example's source, which is TypeScript, as this Node can import it. */
export async function importExample(path) {
  const { outputFiles } = await build({
    entryPoints: [inExample(path)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
  });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
}

/** The descendants of this process that are workerd. */
function workerdProcesses() {
  const parents = new Map();
  const found = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    // The name is in parentheses and may hold anything; the parent follows the state after it.
    const match = /^\d+ \((.*)\) \S (\d+)/s.exec(stat);
    if (match === null) continue;
    parents.set(Number(entry), Number(match[2]));
    if (match[1].startsWith("workerd")) found.push(Number(entry));
  }
  const descends = (pid) => pid === process.pid || (parents.has(pid) && descends(parents.get(pid)));
  return found.filter(descends);
}

function residentBytes(pid) {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  if (match === null) throw new Error(`process ${pid} is gone`);
  return Number(match[1]) * 1024;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
