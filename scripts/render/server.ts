// @ts-check
import { createReadStream, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream";

/** @type {Record<string, string>} */
const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/**
 * Serves the files of a folder to this machine only.
 * @param {string} folder
 * @param {number} port  0 takes a free one
 * @returns {Promise<{ url: string, close: () => void }>}
 * @throws if the port is taken
 */
export async function serve(folder, port) {
  const root = realpathSync(folder);
  const server = createServer((request, response) => {
    const file = fileOf(root, request.url ?? "/");
    if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405, { Allow: "GET, HEAD" }).end();
    else if (!file) response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such page.\n");
    else {
      response.writeHead(200, {
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
        "Content-Length": statSync(file).size,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
      });
      if (request.method === "HEAD") response.end();
      else pipeline(createReadStream(file), response, () => {}); // a reader who leaves early is no error
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * The file that a request asks for; none outside `root`, not even through a link.
 * @param {string} root
 * @param {string} url
 */
function fileOf(root, url) {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*/s, ""));
    const file = realpathSync(join(root, path.endsWith("/") ? `${path}index.html` : path));
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined; // no such file, or no such path
  }
}
