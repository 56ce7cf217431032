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
