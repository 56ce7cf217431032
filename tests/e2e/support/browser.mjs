// Chromium, without network.

import { chromium } from "playwright-core";
import { findChromium } from "../../../scripts/lib/browser.mjs";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser with a profile of its own. */
export function launchBrowser() {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("there is no Chromium; run npm run setup, or name one in CHROMIUM_PATH");
  }
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens an address and waits until the page shows `selector`; says what it waited for in vain where it never does. */
export async function visit(page, address, selector) {
  const waiting = new Set();
  const faults = [];
  page.on("request", (request) => waiting.add(request));
  page.on("requestfinished", (request) => waiting.delete(request));
  page.on("requestfailed", (request) => {
    waiting.delete(request);
    faults.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(address);
  await page.waitForSelector(selector).catch((error) => {
    const unanswered = [...waiting].map((request) => request.url());
    const told = `unanswered: ${unanswered.join(" ") || "none"}; faults: ${faults.join("; ") || "none"}`;
    throw new Error(`${error.message}\n${told}`, { cause: error });
  });
}
