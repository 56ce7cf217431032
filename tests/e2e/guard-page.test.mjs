// The page and the guard: what was withheld is told and never shown, and every protocol is drawn alike.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { launchBrowser, visit } from "./support/browser.mjs";
import { importExample, startWorker } from "./support/worker.mjs";

const { SECRET, transcripts } = await importExample("src/demo/transcripts.ts");
const { policyFor } = await importExample("src/policy.ts");
const { message } = policyFor("", "delta").ending;
const PROTOCOLS = ["chat", "responses", "messages", "gemini", "ui"];

let worker;
let browser;
let page;
let faults;
before(async () => {
  worker = await startWorker({ vars: { DEMO_PACE: "0" } });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await worker?.stop();
});
beforeEach(async () => {
  faults = [];
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (it) => it.type() === "error" && faults.push(it.text()));
  await visit(page, worker.origin, "#models input");
});
afterEach(async () => {
  await page.close();
  assert.deepEqual(faults, []);
});

const choose = (name, value) => page.check(`input[name=${name}][value=${value}]`, { force: true });
const textOf = (selector) => page.locator(selector).allTextContents();

async function run(model, { mode = "enforce", unit = "delta", protocol = "chat" } = {}) {
  for (const it of Object.entries({ model, mode, unit, protocol })) await choose(...it);
  await page.click("#run");
  await page.waitForSelector("#verdict:not([hidden])");
}

/** What a run looks like, apart from the wire. */
async function picture() {
  await page.waitForSelector("#proof:not([data-aspect=off])");
  return page.evaluate(() => ({
    tokens: Array.from(document.querySelectorAll("#text .token"), (it) => [
      it.className,
      it.textContent,
      it.style.cssText,
    ]),
    calls: Array.from(document.querySelectorAll("#text .call"), (it) => it.textContent),
    text: document.querySelector("#text").textContent,
    // Its height follows that of the words beside it.
    chart: Array.from(document.querySelector("#chart").children, (it) => [
      it.getAttribute("class"),
      it.getAttribute("style"),
      it.getAttribute("cx"),
    ]),
    state: document.querySelector("#state-text").textContent,
    found: document.querySelector("#found").textContent,
    verdict: document
      .querySelector("#verdict")
      .textContent.replace(/with (?:[\w.]+: [\w-]+)\./, "with its reason."),
  }));
}

describe("every protocol is drawn alike", () => {
  for (const model of ["drop", "contact", "secret", "agent", "agent-denied"]) {
    test(model, async () => {
      const pictures = [];
      for (const protocol of PROTOCOLS) {
        await run(model, { protocol });
        pictures.push(await picture());
        assert.match(await page.textContent("#proof"), /^Proven in this browser/, protocol);
      }
      for (const other of pictures.slice(1)) assert.deepEqual(other, pictures[0]);
      const [{ text, calls, verdict }] = pictures;
      assert.equal(calls.length, model === "agent" ? 1 : 0);
      const isHalted = ["drop", "secret", "agent-denied"].includes(model);
      assert.equal(verdict.includes(message), isHalted, verdict);
      assert.ok(!text.includes(message), text);
    });
  }

  test("by sentence and observed, too", async () => {
    for (const options of [{ unit: "sentence" }, { mode: "observe" }]) {
      const pictures = [];
      for (const protocol of PROTOCOLS) {
        await run("drop", { ...options, protocol });
        pictures.push(await picture());
      }
      for (const other of pictures.slice(1)) assert.deepEqual(other, pictures[0]);
    }
  });

  test("the end is called as the protocol calls it, and the path is told", async () => {
    const words = {
      chat: ["finish_reason: content_filter", "POST /v1/chat/completions"],
      responses: ["incomplete_details.reason: content_filter", "POST /v1/responses"],
      messages: ["stop_reason: refusal", "POST /v1/messages"],
      gemini: ["finishReason: SAFETY", "POST /v1beta/models/drop:streamGenerateContent?alt=sse"],
      ui: ["finishReason: content-filter", "POST /api/chat"],
    };
    for (const protocol of PROTOCOLS) {
      await run("drop", { protocol });
      const [reason, path] = words[protocol];
      assert.ok((await page.textContent("#verdict")).includes(reason), protocol);
      assert.equal(await page.textContent("#path"), path);
      assert.ok((await page.locator("#wire .ending").count()) > 0, protocol);
    }
  });
});

describe("what was withheld is told, and never shown", () => {
  const everything = () => page.evaluate(() => document.documentElement.outerHTML);

  test("a key: its pattern and its length", async () => {
    await run("secret");
    assert.equal(await page.textContent("#state-text"), "Stopped");
    assert.deepEqual(await textOf("#text .withheld-match"), ["20 bytes withheld"]);
    assert.deepEqual(await textOf("#found li"), [
      "api-keys/aws-access-key stopped the answer: 20 bytes at byte 123",
    ]);
    assert.match(await page.textContent("#verdict"), /^Stopped by the guard: api-keys/);
    await page.waitForSelector("#nodes .is-own [data-tag=pattern]");
    assert.match(await page.textContent("#nodes .is-own:nth-child(2)"), /api-keys\/aws-access-key/);
    assert.ok(!(await everything()).includes(SECRET.slice(0, 4)));
  });

  test("an address and a number: what stands for them", async () => {
    await run("contact");
    assert.equal(await page.textContent("#state-text"), "Complete");
    const marks = ["[redacted:phone/international]", "[redacted:email]"];
    assert.deepEqual(await textOf("#text .redaction"), marks);
    assert.equal(await page.locator("#found li").count(), 2);
    assert.match(await page.textContent("#proof"), /^(Checking|Proven)/);
    const html = await everything();
    assert.ok(!html.includes("0147") && !html.includes("bikes.example"));
  });

  test("observed, everything is shown, and what would have been", async () => {
    await run("contact", { mode: "observe" });
    assert.equal((await textOf("#text .token")).join(""), transcripts.contact.text);
    assert.equal(await page.locator("#text .redaction").count(), 0);
    assert.match((await textOf("#found li")).join(), /would have been replaced/);
  });

  test("a prompt with a key is refused in every protocol", async () => {
    await page.fill("#prompt", `Is ${SECRET} a good key?`);
    for (const protocol of PROTOCOLS) {
      await run("clean", { protocol });
      assert.equal(await page.textContent("#state-text"), "Refused");
      const verdict = await page.textContent("#verdict");
      assert.match(verdict, /^The request was refused.*api-keys\/aws-access-key in \w+/);
      assert.ok(!verdict.includes(SECRET));
      await page.waitForSelector("#proof[data-aspect=clear]");
      assert.deepEqual(await textOf("#nodes .is-own .kind"), ["request.refused", "request.guard"]);
    }
    // The browser reports the status of each.
    assert.equal(faults.splice(0).filter((it) => it.includes("400")).length, PROTOCOLS.length);
  });
});

test("how long it took is on the page, by the Worker's clock", async () => {
  await run("clean");
  await page.waitForSelector("#timings div");
  assert.deepEqual(await textOf("#timings dt"), [
    "First byte",
    "First text",
    "Longest stall",
    "All of it",
  ]);
  for (const value of await textOf("#timings dd")) assert.match(value, /^\d+ ms$/);
});

test("nothing is cut off on a telephone", async () => {
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 800 });
    await run("contact", { protocol: "ui" });
    await page.waitForSelector("#timings div");
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    assert.ok(over <= 0, `${over} pixels too wide at ${width}`);
    const right = await page.evaluate(() => {
      const panel = document.querySelector(".ask").getBoundingClientRect();
      const spans = [...document.querySelectorAll(".protocol span, #found li, .redaction")];
      return Math.max(...spans.map((it) => it.getBoundingClientRect().right)) - panel.right;
    });
    assert.ok(right <= 0, `${right} pixels over the edge at ${width}`);
  }
});
