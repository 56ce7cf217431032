// The npm package in Chromium, from the files as they are: no bundler, an import map and a web server.

import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { launchBrowser } from "../e2e/support/browser.mjs";

const TYPES = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** What of the repository the page may read. */
const SERVED = ["js/dist/", "js/wasm/", "tests/conformance/", "tests/fixtures/"];

/** Replays the fixtures of these names: `{ suites, failures }`. */
export async function replayInChromium(root, names) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname).slice(1);
    try {
      if (!SERVED.some((folder) => path.startsWith(folder))) throw new Error("not served");
      const content = await readFile(join(root, path));
      response
        .writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain" })
        .end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let browser;
  try {
    browser = await launchBrowser();
    const page = await browser.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error));
    const query = new URLSearchParams({ fixtures: names.join(",") });
    await page.goto(
      `http://127.0.0.1:${server.address().port}/tests/conformance/page.html?${query}`,
    );
    const done = await page.waitForFunction(() => globalThis.replayed, undefined, {
      timeout: 120_000,
    });
    const { result, error } = await done.jsonValue();
    if (error !== undefined) throw new Error(error);
    if (faults.length > 0) throw faults[0];
    return result;
  } finally {
    await browser?.close();
    server.close();
    server.closeAllConnections();
  }
}
