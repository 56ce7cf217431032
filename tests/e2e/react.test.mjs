// The hook of `interlock-wasm/react` in a real React, in a browser: the example of js/examples against the Worker.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { launchBrowser } from "./support/browser.mjs";
import { importExample, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");

const APP = `
  import { StrictMode } from "react";
  import { createRoot } from "react-dom/client";
  import { Chat } from "./react-chat.jsx";
  const root = createRoot(document.querySelector("#root"));
  globalThis.leave = () => root.unmount();
  globalThis.renderAgain = () => root.render(<StrictMode><Chat model={location.hash.slice(1)} /></StrictMode>);
  renderAgain();
`;

let worker;
let browser;
let page;
let faults;
let script;
before(async () => {
  const bundle = await build({
    stdin: {
      contents: APP,
      loader: "jsx",
      resolveDir: fileURLToPath(new URL("../../js/examples", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    conditions: ["browser"],
    logLevel: "error",
  });
  script = bundle.outputFiles[0].text;
  worker = await startWorker({ vars: { DEMO_PACE: "0.1" } });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await worker?.stop();
});
beforeEach(async () => {
  faults = [];
  page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (it) => it.type() === "error" && faults.push(it.text()));
  await page.route("**/app.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="app-bundle.js"></script>',
    }),
  );
  await page.route("**/app-bundle.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }),
  );
});
afterEach(async () => {
  await page.close();
  assert.deepEqual(faults, []);
});

const textOf = (id) => page.textContent(`#${id}`);
const waitFor = (status) =>
  page.waitForFunction((it) => document.querySelector("#status")?.textContent === it, status);

async function open(model) {
  await page.goto(`${worker.origin}/app.html#${model}`);
  await page.waitForSelector("#ask");
  assert.equal(await textOf("status"), "idle");
}

test("a sound answer arrives whole, and what must not be shown does not", async () => {
  await open("contact");
  await page.click("#ask");
  await waitFor("streaming");
  await waitFor("completed");
  const wanted = transcripts.contact.text
    .replace(/\+1[ \d]+\d/, "[redacted:phone/international]")
    .replace(/[\w.]+@[\w.]+\w/, "[redacted:email]");
  await page.waitForFunction((it) => document.querySelector("#answer").textContent === it, wanted);
  assert.equal(await textOf("found"), "phone/international email");
});

test("a halt ends it, and another question begins anew", async () => {
  await open("drop");
  for (let round = 0; round < 2; round += 1) {
    await page.click("#ask");
    await waitFor("halted");
    assert.equal(await textOf("why"), "hard-limit");
    await page.waitForFunction(() =>
      document.querySelector("#answer").textContent.endsWith(" [stopped]"),
    );
    assert.ok(!(await textOf("answer")).includes("knife"));
  }
});

test("stop halts what is running", async () => {
  await open("slow");
  await page.click("#ask");
  await page.waitForFunction(() => document.querySelector("#answer").textContent.length > 20);
  await page.click("#stop");
  await waitFor("halted");
  assert.equal(await textOf("why"), "emergency-stop");
});

test("who leaves the page has left the stream: the upstream is cancelled", async () => {
  await open("slow");
  const answered = page.waitForResponse("**/v1/chat/completions");
  await page.click("#ask");
  const stream = (await answered).headers()["x-interlock-stream"];
  await page.waitForFunction(() => document.querySelector("#answer").textContent.length > 20);
  await page.evaluate(() => globalThis.leave());
  for (let nodes = []; !nodes.some(({ kind }) => kind === "session.end");) {
    ({ nodes } = await (await fetch(`${worker.base}/ledger?stream=${stream}`)).json());
    const [end] = nodes;
    if (end !== undefined) assert.deepEqual(end.tags, ["abandoned"]);
  }
});

test("what is no answer comes as it is, and errors are told", async () => {
  await open("gpt-0");
  await page.click("#ask");
  await waitFor("failed");
  // The browser reports the status.
  assert.equal(faults.splice(0).filter((it) => it.includes("404")).length, 1);
});

test("on a server it renders, and guards nothing", async () => {
  const { renderToString } = await import("react-dom/server");
  const { createElement } = await import("react");
  const { useGuardedFetch } = await import("interlock-wasm/react");
  const Status = () => createElement("p", null, useGuardedFetch({ policy: {} }).status);
  assert.equal(renderToString(createElement(Status)), "<p>idle</p>");
});
