// The npm package in Chromium, from the files as they are: no bundler, an import map and a web server.

import { launchBrowser } from "../e2e/support/browser.mjs";
import { serveFiles } from "../e2e/support/files.mjs";

/** What of the repository the page may read. */
const SERVED = ["js/dist/", "js/wasm/", "tests/conformance/", "tests/fixtures/"];

/** Replays the fixtures of these names: `{ suites, failures }`. */
export async function replayInChromium(root, names) {
  const files = await serveFiles(root, SERVED);
  let browser;
  try {
    browser = await launchBrowser();
    const page = await browser.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error));
    const query = new URLSearchParams({ fixtures: names.join(",") });
    await page.goto(`${files.url}/tests/conformance/page.html?${query}`);
    const done = await page.waitForFunction(() => globalThis.replayed, undefined, {
      timeout: 120_000,
    });
    const { result, error } = await done.jsonValue();
    if (error !== undefined) throw new Error(error);
    if (faults.length > 0) throw faults[0];
    return result;
  } finally {
    await browser?.close();
    files.stop();
  }
}
