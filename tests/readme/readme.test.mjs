// Runs every snippet of the README as a reader would, and fails when one has no test.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const work = join(here, ".work");

/** The snippets of the README: language, code, and whether a test has taken them. */
const snippets = [
  ...(await readFile(join(root, "README.md"), "utf8")).matchAll(/^```(\w+)\n(.*?)^```$/gms),
].map(([, language, code]) => ({ language, code, taken: false }));

/** The snippet of a language that contains `mark`. */
function take(language, mark) {
  const found = snippets.filter(
    (snippet) => snippet.language === language && snippet.code.includes(mark),
  );
  assert.equal(found.length, 1, `the README has one ${language} snippet with ${mark}`);
  found[0].taken = true;
  return found[0].code;
}

async function put(name, content) {
  const path = join(work, name);
  await writeFile(path, content);
  return path;
}

const chunk = (content) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

before(() => mkdir(work, { recursive: true }));
after(() => rm(work, { recursive: true, force: true }));

test("the two commands are there", async () => {
  const code = take("sh", "npm start");
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  for (const [, name] of code.matchAll(/^npm (\w+)/gm)) assert.ok(scripts[name], name);
});

test("a coherence score as a monitor's score", async () => {
  const file = await put("physics.mjs", take("js", "new Upde("));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "hard-limit\n");
});

test("a guarded stream in Node", async () => {
  const file = await put("stream.mjs", take("js", "guardStream({"));
  const { stdout } = await run("node", [file]);
  assert.match(stdout, /"content":"The sky is "/);
  assert.match(stdout, /"finish_reason":"content_filter"/);
  assert.doesNotMatch(stdout, /green/);
  assert.match(stdout, /^hard-limit$/m);
});

test("patterns in Node", async () => {
  const file = await put("guard.mjs", take("js", "new GuardTables("));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "Write to [redacted:email].\n");
});

test("a client library", async () => {
  const file = await put("client.mjs", take("js", "guardedFetch({"));
  const upstream = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${chunk("The sky is ")}${chunk("green.")}data: [DONE]\n\n`);
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const OPENAI_BASE_URL = `http://127.0.0.1:${upstream.address().port}/v1`;
  try {
    const env = { ...process.env, OPENAI_BASE_URL, OPENAI_API_KEY: "none" };
    const { stdout } = await run("node", [file], { env });
    assert.equal(stdout, "content_filter\n");
  } finally {
    upstream.close();
  }
});

test("a monitor in Node", async () => {
  const file = await put("monitor.mjs", take("js", "new StreamMonitor({"));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "hard-limit 0.3 0.4\n");
});

test("signals and BM25 in Node", async () => {
  const file = await put("signals.mjs", take("js", "new Bm25"));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "false\n[ 'instruction_override' ]\n");
});

test("a ledger and a grant in Node", async () => {
  const file = await put("ledger.mjs", take("js", "new TraceLedger"));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "deny no-permission\n");
});

test("a registry of grants in Node", async () => {
  const file = await put("registry.mjs", take("js", "new GrantRegistry"));
  const { stdout } = await run("node", [file]);
  assert.equal(stdout, "allow\ndeny\n");
});

test("a Worker in workerd", async () => {
  const entry = await put("worker.mjs", take("js", "guardResponse"));
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    loader: { ".wasm": "copy" },
    outdir: join(work, "bundle"),
    entryNames: "worker",
    assetNames: "[name]",
    write: true,
    metafile: true,
  });
  const wasm = Object.keys(bundle.metafile.outputs).filter((output) => output.endsWith(".wasm"));
  assert.equal(wasm.length, 1);

  const upstream = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(
      `${chunk("The tower was finished")}${chunk(" in 1925")}${chunk(".")}data: [DONE]\n\n`,
    );
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const worker = new Miniflare({
    modules: true,
    modulesRoot: join(work, "bundle"),
    modulesRules: [
      { type: "ESModule", include: ["**/*.js"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    scriptPath: join(work, "bundle/worker.js"),
    compatibilityDate: "2025-06-01",
    bindings: { UPSTREAM_URL: `http://127.0.0.1:${upstream.address().port}/` },
  });
  try {
    const response = await worker.dispatchFetch("http://localhost/v1/chat/completions");
    const text = await response.text();
    assert.match(text, /The tower was finished/);
    assert.match(text, /"finish_reason":"content_filter"/);
    assert.ok(text.endsWith("data: [DONE]\n\n"));
  } finally {
    await worker.dispose();
    upstream.close();
  }
});

test("a Rust host", async () => {
  const code = take("rust", "interlock_host");
  assert.equal(code, await readFile(join(root, "host/examples/quickstart.rs"), "utf8"));
  await run(
    "cargo",
    ["run", "-q", "--release", "--locked", "-p", "interlock-host", "--example", "quickstart"],
    {
      cwd: root,
    },
  );
});

test("the command line", async () => {
  const [install, guard] = take("sh", "cargo install").trim().split("\n");
  await put("policy.toml", take("toml", "[halt]"));
  await put("stream.txt", `${chunk("The tower was finished in 1889.")}data: [DONE]\n\n`);
  const [command, ...args] = install.split(" ");
  await run(
    command,
    [...args, "--root", join(work, "installed"), "--target-dir", join(root, "target")],
    { cwd: root },
  );
  const env = { ...process.env, PATH: `${join(work, "installed/bin")}:${process.env.PATH}` };
  const { stderr } = await run("sh", ["-ec", guard], { cwd: work, env });
  const record = JSON.parse(stderr);
  assert.equal(record.state, "completed");
  assert.equal(
    await readFile(join(work, "guarded.txt"), "utf8"),
    await readFile(join(work, "stream.txt"), "utf8"),
  );
});

test("policies as artifacts, on the command line", async () => {
  await cp(join(root, "policies"), join(work, "policies"), { recursive: true });
  await put("stream.txt", `${chunk("The tower was finished in 1889.")}data: [DONE]\n\n`);
  const env = { ...process.env, PATH: `${join(work, "installed/bin")}:${process.env.PATH}` };
  const { stdout, stderr } = await run("sh", ["-ec", take("sh", "interlock rules")], {
    cwd: work,
    env,
  });
  assert.match(stdout, /cases, 0 failed/);
  assert.equal(JSON.parse(stderr.trim().split("\n").at(-1)).state, "completed");
});

test("every snippet has been run", () => {
  assert.deepEqual(
    snippets.filter(({ taken }) => !taken).map(({ code }) => code),
    [],
  );
});
