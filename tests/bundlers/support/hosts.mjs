// Where what the bundlers made runs.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { launchBrowser } from "../../e2e/support/browser.mjs";

const exec = promisify(execFile);

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  // Not its own type: servers that do not know it are common, and the package must not need it.
  ".wasm": "application/octet-stream",
};

/** Runs a script in Node and reads what it prints. */
export async function runInNode(file) {
  const { stdout } = await exec(process.execPath, [file]);
  return JSON.parse(stdout);
}

/** Serves a folder, opens a page of it in Chromium, and gives what the page put into `globalThis.result`. */
export async function runInBrowser(folder, page) {
  const server = createServer((request, response) => {
    const file = join(folder, normalize(new URL(request.url, "http://localhost").pathname));
    if (!existsSync(file) || !file.startsWith(folder)) return void response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    return void response.writeHead(200, { "content-type": type }).end(readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    const faults = [];
    tab.on("pageerror", (error) => faults.push(error));
    tab.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(new Error(message.text()));
    });
    await tab.goto(`http://127.0.0.1:${server.address().port}/${page}`);
    const result = await tab
      .waitForFunction(() => globalThis.result, undefined, { timeout: 30_000 })
      .catch((error) => {
        throw faults[0] ?? error;
      });
    // The icon that browsers ask for is not there.
    const real = faults.filter(({ message }) => !message.includes("404"));
    if (real.length > 0) throw real[0];
    return await result.jsonValue();
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

/** A page that runs one module. */
export const pageOf = (script, head = "") => `<!doctype html>
<meta charset="utf-8" />
<link rel="icon" href="data:," />
${head}<script type="module" src="${script}"></script>
`;

/** Runs a module of an ES-module Worker in workerd and reads what it answers. */
export async function runInWorkerd(folder, entry) {
  const { Miniflare } = await import("miniflare");
  const worker = new Miniflare({
    rootPath: folder,
    modulesRoot: folder,
    scriptPath: join(folder, entry),
    modules: true,
    modulesRules: [
      { type: "ESModule", include: ["**/*.js"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    compatibilityDate: "2026-04-01",
  });
  try {
    const response = await worker.dispatchFetch("http://localhost/");
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return JSON.parse(text);
  } finally {
    await worker.dispose();
  }
}
