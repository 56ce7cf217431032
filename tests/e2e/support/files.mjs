// The package as files on a web server: no bundler, an import map.

import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves folders of the repository, and nothing else of it, on loopback: `{ url, stop }`. */
export async function serveFiles(root, folders) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname).slice(1);
    try {
      if (!folders.some((folder) => path.startsWith(folder))) throw new Error("not served");
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
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
