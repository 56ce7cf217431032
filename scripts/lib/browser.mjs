// The browser of the tests.

import { existsSync } from "node:fs";
import { installDebian } from "./debian.mjs";
import { Problem, which } from "./shell.mjs";

/** The path of a Chromium, from CHROMIUM_PATH or its usual names, or undefined. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!existsSync(named)) throw new Problem(`CHROMIUM_PATH names ${named}, which does not exist`);
    return named;
  }
  for (const name of ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]) {
    const path = which(name) ?? [`/usr/bin/${name}`].find((candidate) => existsSync(candidate));
    if (path) return path;
  }
  return undefined;
}

/** Installs Debian's Chromium unless there is one. */
export async function addBrowser(report) {
  if (!findChromium()) {
    report.doing("browser: Chromium for the browser tests, by apt-get");
    await installDebian(
      ["chromium"],
      "a Chromium for the browser tests (CHROMIUM_PATH may name one)",
    );
  }
  report.has(`browser ${findChromium()}`);
}
