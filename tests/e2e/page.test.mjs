// The page in a browser: what a visitor sees of a stream that passes and of one that is halted.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { launchBrowser, visit } from "./support/browser.mjs";
import { importExample, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const { facts, policyFor } = await importExample("src/policy.ts");

let worker;
let browser;
before(async () => {
  // A fifth of a model's pace: slow enough to look at a run under way.
  worker = await startWorker({ vars: { DEMO_PACE: "0.2", ADMIN_KEY: "page" } });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await worker?.stop();
});

let context;
let page;
let faults;
beforeEach(async () => {
  faults = [];
  await open({ viewport: { width: 1280, height: 900 } });
});
afterEach(async () => {
  await context.close();
  assert.deepEqual(faults, []);
});

async function open(options) {
  await context?.close();
  context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(worker.origin)) faults.push(`asked for ${request.url()}`);
  });
  await visit(page, worker.origin, "#models input");
}

const choose = (name, value) => page.check(`input[name=${name}][value=${value}]`, { force: true });

/** Runs a model and waits until the page says how it ended. */
async function run(model, { mode = "enforce", unit = "delta", protocol = "chat" } = {}) {
  await choose("model", model);
  await choose("protocol", protocol);
  await choose("unit", unit);
  await choose("mode", mode);
  await page.click("#run");
  await page.waitForSelector("#verdict:not([hidden])");
}

const count = (selector) => page.locator(selector).count();
const textOf = (selector) => page.locator(selector).allTextContents();

test("a clean stream arrives whole, every token scored", async () => {
  await run("clean");
  // Words: each waits for what tells that no address begins with it.
  const tokens = await textOf("#text .token");
  assert.equal(tokens.join(""), transcripts.clean.text);
  assert.ok(tokens.length > 0.7 * tokenize(transcripts.clean.text).length, `${tokens.length}`);
  assert.equal(await count("#text .is-unscored"), 0);
  assert.equal(await count("#chart path.score ~ circle"), tokens.length);
  assert.equal(await page.textContent("#state-text"), "Complete");
  assert.equal(await count(".is-crossed"), 0);
  // Colours come from the scores: more than one, and all of them set.
  const tones = await page.$$eval("#text .token", (nodes) =>
    nodes.map((node) => node.style.getPropertyValue("--tone")),
  );
  assert.ok(tones.every((tone) => tone.includes("oklch")));
  assert.ok(new Set(tones).size > 1);
});

for (const [model, limits] of [
  ["drift", { "downward-trend": "downward trend", "window-average": "window average" }],
  ["drop", { "hard-limit": "hard limit" }],
]) {
  test(`${model} shows the halt, its reason and what was withheld`, async () => {
    await run(model);
    assert.equal(await page.textContent("#state-text"), "Stopped");
    const crossed = await page.locator(".is-crossed").getAttribute("data-limit");
    assert.ok(crossed in limits, crossed);

    const shown = await textOf("#text .token:not(.is-withheld)");
    const withheld = await textOf("#text .is-withheld");
    assert.equal(withheld.length, 1);
    assert.ok(transcripts[model].text.startsWith(shown.join("") + withheld[0]));
    assert.equal(await page.locator("#text .token").last().textContent(), withheld[0]);

    const verdict = await page.textContent("#verdict");
    assert.ok(
      verdict.startsWith(`Stopped at token ${shown.length + 1}: ${limits[crossed]}`),
      verdict,
    );
    assert.ok(verdict.includes(`Withheld: ${withheld[0].trim()}`), verdict);
    assert.ok(verdict.includes(policyFor("", "delta").ending.message), verdict);
    assert.match(
      await page.textContent("#announce"),
      new RegExp(`^Stopped at token ${shown.length + 1}`),
    );

    assert.equal(await count("#chart .halt"), 1);
    assert.match(
      await page.textContent("#wire"),
      /"finish_reason":"content_filter"[\s\S]*data: \[DONE\]\s*$/,
    );
  });
}

test("observing shows everything, and where it would have stopped", async () => {
  await run("drift", { mode: "observe" });
  assert.equal((await textOf("#text .token")).join(""), transcripts.drift.text);
  assert.equal(await count("#text .is-withheld"), 0);
  assert.equal(await count("#text .is-halt"), 1);
  assert.ok((await count("#text .is-past")) > 0);
  assert.equal(await page.textContent("#state-text"), "Observed");
});

test("by sentence, whole sentences pass, and one is withheld", async () => {
  await run("drop", { unit: "sentence" });
  const sentences = transcripts.drop.text.split(/(?<=\.)(?= )/);
  const [withheld] = await textOf("#text .is-withheld");
  assert.match(withheld, /^ If it has been damaged.*a day\.$/);
  const shown = await textOf("#text .token:not(.is-withheld)");
  assert.deepEqual([...shown, withheld], sentences.slice(0, shown.length + 1));
  assert.equal(await count("#chart path.score ~ circle:not(.halt-mark)"), shown.length + 1);
  assert.match(await page.textContent("#verdict"), /^Stopped at sentence 4: hard limit/);
  await run("drift", { unit: "sentence", mode: "observe" });
  assert.equal((await textOf("#text .token")).join(""), transcripts.drift.text);
  assert.equal(await count("#text .is-halt"), 1);
});

test("tokens appear while the stream runs, and it can be stopped and restarted", async () => {
  await choose("model", "slow");
  await page.click("#run");
  await page.waitForSelector("#text .token:nth-child(5)");
  assert.equal(await page.textContent("#run"), "Stop");
  const early = await count("#text .token");
  assert.ok(early < 40, `${early} tokens at once`);
  await page.waitForSelector(`#text .token:nth-child(${early + 3})`);
  await page.click("#run");
  await page.waitForSelector("#verdict:not([hidden])");
  assert.equal(await page.textContent("#state-text"), "Cancelled");
  assert.equal(await page.textContent("#run"), "Restart");
  await run("drop");
  assert.equal(await page.textContent("#state-text"), "Stopped");
});

test("the keyboard is enough", async () => {
  await choose("model", "drop");
  await page.focus("#prompt");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#verdict:not([hidden])");
  await page.focus("#text");
  await page.keyboard.press("Home");
  const [first] = await textOf("#text .token");
  assert.ok(first !== "" && transcripts.drop.text.startsWith(first));
  assert.equal(await page.textContent("#text .is-selected"), first);
  assert.match(await page.textContent("#readout"), /score \d\.\d{3}/);
  assert.equal(await count("#chart .cursor"), 1);
  await page.keyboard.press("End");
  assert.equal(await count("#text .is-withheld.is-selected"), 1);
  // Every control is reached with Tab, in reading order.
  await page.focus("#theme");
  const reached = [];
  for (let i = 0; i < 11; i += 1) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(
        () =>
          document.activeElement.id ||
          document.activeElement.name ||
          document.activeElement.tagName,
      ),
    );
  }
  const answer = ["model", "prompt", "protocol", "unit", "mode", "run", "text"];
  assert.deepEqual(reached, [...answer, "A", "admin-key", "BUTTON", "SUMMARY"]);
});

test("a version is swapped while a stream runs, which keeps its own", async () => {
  const active = () => page.textContent("#rules [data-rule=answers-delta] .active");
  const press = async (version, wanted) => {
    await page.click(`#versions [data-version="answers-delta@${version}"] button`);
    await page.waitForFunction(
      (text) =>
        document.querySelector("#rules [data-rule=answers-delta] .active")?.textContent === text,
      wanted,
    );
  };
  assert.equal(await active(), "version 1 is active");
  await page.fill("#admin-key", "wrong");
  await page.click("#admin button");
  await page.waitForFunction(() => document.querySelector("#admin-says").textContent !== "");
  assert.match(await page.textContent("#admin-says"), /key of an administrator/);
  // The browser says so, too.
  assert.match(faults.splice(0).join(), /^[^,]*401[^,]*$/);
  await page.fill("#admin-key", "page");
  await page.click("#admin button");
  await page.waitForSelector("#versions [data-version]");

  await choose("model", "slow");
  await page.click("#run");
  await page.waitForSelector("#text .token:nth-child(3)");
  await press(2, "version 2 is active");
  assert.equal(await page.textContent("#run"), "Stop", "the stream runs on");
  assert.match(await page.textContent("#rule-of-stream"), /answers-delta, version 1\./);
  await page.click("#run");
  await page.waitForSelector("#verdict:not([hidden])");
  await run("clean");
  assert.match(await page.textContent("#rule-of-stream"), /answers-delta, version 2\./);
  assert.equal(await page.textContent("#state-text"), "Stopped");
  await press(1, "version 1 is active");
  await run("clean");
  assert.notEqual(await page.textContent("#state-text"), "Stopped");
});

const proof = async () => {
  await page.waitForSelector("#proof:not([data-aspect=off])");
  return page.textContent("#proof");
};

test("what was recorded of a run is proven in the browser", async () => {
  await run("agent");
  assert.match(
    await page.textContent("#text .call"),
    /^read_manual \{"page":"battery\/storage"\}$/,
  );
  assert.match(await proof(), /^Proven in this browser\. #\d+, #\d+: in the signed log/);
  assert.deepEqual(await textOf("#nodes .is-own b"), ["completed", "allow"]);
  const left = async () => Number((await textOf("#budget .value"))[0].replaceAll(",", ""));
  const before = await left();

  await run("agent-denied");
  await page.waitForSelector("#nodes .is-own [data-tag=deny]");
  assert.match(await proof(), /^Proven/);
  assert.deepEqual(await textOf("#nodes .is-own b"), ["halted", "denied", "deny"]);
  assert.ok((await left()) < before);
  assert.ok(!(await page.textContent("#wire")).includes("set_charge_limit"));
});

test("a forged entry, a forged root and a forged signature are not proven", async () => {
  const forge = async (path, change) => {
    await page.route(path, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: change(await response.json()) });
    });
    await run("clean");
    assert.match(await proof(), /^Not proven\. /);
    await page.unroute(path);
    await run("clean");
    await page.waitForSelector("#proof[data-aspect=clear]");
  };
  await forge("**/v1/ledger?stream=*", ({ nodes, ...rest }) => ({
    ...rest,
    nodes: nodes.map((node) => ({ ...node, payload: node.payload.replace("completed", "halted") })),
  }));
  await forge("**/v1/ledger/proof*", ({ path, ...rest }) => ({
    ...rest,
    path: [...path, path[0] ?? "AAAA"],
  }));
  await forge("**/v1/ledger/proof*", ({ checkpoint, ...rest }) => ({
    ...rest,
    checkpoint: checkpoint.replace(/^(.*\n)(\d+)/, "$1" + "9$2"),
  }));
});

test("an error of the Worker is shown", async () => {
  await page.evaluate(() =>
    document.querySelector("input[value=clean]").setAttribute("value", "gpt-0"),
  );
  await page.check("input[value='gpt-0']", { force: true });
  await page.click("#run");
  await page.waitForSelector("#verdict:not([hidden])");
  assert.match(await page.textContent("#verdict"), /"gpt-0" does not exist/);
  // The browser itself reports the status.
  faults = faults.filter((fault) => !fault.includes("404"));
});

test("what the Worker knows is on the page", async () => {
  assert.deepEqual(
    await textOf("#facts li"),
    facts.map(({ value }) => value),
  );
});

describe("looks", () => {
  test("the theme follows the system, and the button's choice stays", async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    assert.notEqual(light, dark);
    await page.click("#theme");
    assert.equal(await ground(), light);
    await page.click("#theme");
    assert.equal(await ground(), dark);
    await page.reload();
    await page.waitForSelector("#models input");
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await ground(), dark);
  });

  for (const width of [320, 390, 768, 1440]) {
    test(`nothing is cut off at ${width} pixels`, async () => {
      await open({ viewport: { width, height: 800 } });
      await run("drop");
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(over <= 0, `${over} pixels too wide`);
      const cut = await page.$$eval(".panel *", (nodes) =>
        nodes
          .filter(
            (node) =>
              getComputedStyle(node).overflowX === "visible" &&
              node.closest("svg, .visually-hidden, pre") === null,
          )
          .filter(
            (node) =>
              node.getBoundingClientRect().right >
              node.closest(".panel").getBoundingClientRect().right + 1,
          )
          .map((node) => node.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(cut, []);
      const overlap = await page.evaluate(() => {
        const [a, b] = [".switch", "#run"].map((selector) =>
          document.querySelector(selector).getBoundingClientRect(),
        );
        return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      });
      assert.ok(!overlap, "the switch and the button overlap");
    });
  }

  test("nothing moves for those who want no motion", async () => {
    await open({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    await choose("model", "slow");
    await page.click("#run");
    await page.waitForSelector("#text .token:nth-child(3)");
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  });

  test("text is readable in both themes", async () => {
    for (const scheme of ["light", "dark"]) {
      await open({ viewport: { width: 1280, height: 900 }, colorScheme: scheme });
      await run("drop");
      // What is still fading in has not its colour yet.
      await page.evaluate(() =>
        Promise.allSettled(document.getAnimations().map((it) => it.finished)),
      );
      const poor = await page.evaluate(contrastBelow, 4.5);
      assert.deepEqual(poor, [], scheme);
    }
  });
});

/** Runs in the page: visible texts whose contrast to their ground is below `least`, by WCAG 2. */
function contrastBelow(least) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  /** The colour as it appears over what was painted before. */
  const paint = (colour) => {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return brush.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => {
    const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *:not(svg *):not(script)")) {
    const own = [...node.childNodes].some(
      (child) => child.nodeType === 3 && child.data.trim() !== "",
    );
    if (!own || node.closest(".visually-hidden, noscript") || node.getClientRects().length === 0)
      continue;
    const chain = [];
    for (let at = node; at; at = at.parentElement)
      chain.unshift(getComputedStyle(at).backgroundColor);
    let ground;
    for (const colour of chain) ground = paint(colour);
    const a = luminance(ground);
    const b = luminance(paint(getComputedStyle(node).color));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least) poor.push(`${contrast.toFixed(2)} ${node.outerHTML.slice(0, 90)}`);
  }
  return poor;
}
