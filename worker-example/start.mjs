// Serves the example on workerd, the runtime that Cloudflare runs, with what wrangler.jsonc says.
//
//   node start.mjs                                   the embedded demo upstream, http://127.0.0.1:8787
//   PORT=9000 node start.mjs                         another port
//   UPSTREAM_URL=https://api.openai.com/v1 UPSTREAM_KEY=… node start.mjs
//
// `npx wrangler dev` does the same with reloading on every change, for those who edit the example. Here the Worker is
// on the socket itself, without the development proxy in front, which costs each response some milliseconds.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare, Response } from "miniflare";
import { vendor } from "./vendor.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));

// Nothing is sent anywhere and nothing is fetched.
Object.assign(process.env, {
  CI: "1",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_LOG_PATH: path.join(here, ".wrangler", "logs"),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
});

/**
 * Starts the Worker on 127.0.0.1.
 *
 * @param {object} [options]
 * @param {number} [options.port] 0 takes a free port.
 * @param {Record<string, string>} [options.vars] Override the `vars` of wrangler.jsonc.
 * @param {string} [options.entrypoint] Another entry module than the one in wrangler.jsonc.
 * @param {string} [options.persist] Folder that keeps what tenants have; without one it goes when the Worker stops.
 * @returns {Promise<{ url: URL, stop: () => Promise<void> }>}
 */
export async function start({ port = 0, vars = {}, entrypoint, persist } = {}) {
  await vendor();
  const host = "127.0.0.1";
  const free = await freePort(host, port);
  const { unstable_getMiniflareWorkerOptions: readOptions } = await import("wrangler");
  const { workerOptions, main } = readOptions(path.join(here, "wrangler.jsonc"));
  const { compatibilityDate, compatibilityFlags, bindings, assets, durableObjects } = workerOptions;
  const miniflare = new Miniflare({
    modules: await bundle(entrypoint ?? main),
    compatibilityDate,
    compatibilityFlags,
    bindings: { ...bindings, ...vars },
    durableObjects,
    ...(persist !== undefined && { durableObjectsPersist: persist }),
    serviceBindings: { [assets.binding]: (request) => serveFile(assets.directory, request) },
    unsafeDirectSockets: [{ host, port: free }],
    cf: false,
  });
  await miniflare.ready;
  return { url: await miniflare.unsafeGetDirectURL(), stop: () => miniflare.dispose() };
}

/** The Worker as one script, and beside it the wasm, which Workers take as modules of their own. */
async function bundle(entrypoint) {
  const wasm = new Map();
  const { outputFiles } = await build({
    entryPoints: [entrypoint],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:workers"],
    conditions: ["workerd", "worker", "browser"],
    plugins: [
      {
        name: "wasm-modules",
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path: name, resolveDir }) => {
            const file = path.join(resolveDir, name);
            wasm.set(`./${path.basename(file)}`, file);
            return { path: `./${path.basename(file)}`, external: true };
          });
        },
      },
    ],
  });
  return [
    { type: "ESModule", path: "index.js", contents: outputFiles[0].text },
    ...(await Promise.all(
      [...wasm].map(async ([name, file]) => ({
        type: "CompiledWasm",
        path: path.basename(name),
        contents: await readFile(file),
      })),
    )),
  ];
}

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A file of the page, as Cloudflare's static assets serve it. */
async function serveFile(directory, request) {
  const { pathname } = new URL(request.url);
  if (existsSync(path.join(directory, pathname, "index.html")) && !pathname.endsWith("/")) {
    return new Response(null, { status: 307, headers: { location: `${pathname}/` } });
  }
  const file = path.join(directory, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  const type = TYPES[path.extname(file)];
  if (type === undefined) return new Response("Not found", { status: 404 });
  try {
    return new Response(await readFile(file), { headers: { "content-type": type } });
  } catch {
    return new Response("Not found", { status: 404 });
  }
}

/** The port, when nobody listens there; for 0 any that is free. */
function freePort(host, port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(port, host, () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

async function main() {
  const port = Number(process.env.PORT || 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(
      `PORT is ${JSON.stringify(process.env.PORT)}, must be a whole number in 0..=65535`,
    );
  }
  const names = [
    "UPSTREAM_URL",
    "UPSTREAM_KEY",
    "LEDGER_KEY",
    "ADMIN_KEY",
    "RULE_KEYS",
    "PERSONAL_DATA",
    "DEMO_PACE",
  ].filter((name) => process.env[name]);
  const vars = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  // The demo answers to this machine alone, so that its administrator's key may be known.
  if (!vars.UPSTREAM_URL) vars.ADMIN_KEY ??= "demo";
  const persist = path.join(here, ".wrangler", "state");
  const { url, stop } = await start({ port, vars, persist });
  console.log(`Interlock example on ${url.origin} (Ctrl+C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => void stop().finally(() => process.exit(0)));
  }
}

if (
  process.argv[1] !== undefined &&
  path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  main().catch((error) => {
    const taken = error?.code === "EADDRINUSE";
    console.error(
      taken ? `Port ${error.port} is in use; PORT=… chooses another.` : (error?.message ?? error),
    );
    process.exitCode = 1;
  });
}
