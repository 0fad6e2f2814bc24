import { once } from "node:events";
import { createReadStream, existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream";

export interface Server {
  url: string;
  close(): void;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".ipynb": "application/x-ipynb+json",
  ".jpg": "image/jpeg",
  ".txt": "text/plain; charset=utf-8",
  ".xml": "application/xml",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/**
 * Serves the files of a folder to this machine only.
 * @param port  0 picks a free one
 * @throws if the port is taken
 */
export async function serveFolder(folder: string, port: number): Promise<Server> {
  const root = realpathSync(folder);
  const server = createServer((request, response) => {
    const file = fileOf(root, request.url ?? "/");
    if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405, { Allow: "GET, HEAD" }).end();
    else if (!file) response.writeHead(404, { "Content-Type": types[".html"] }).end(notFound(root));
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
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The site's own page, whose links hold from its top folder, wherever it is shown. */
function notFound(root: string): string {
  const file = join(root, "404.html");
  return existsSync(file)
    ? readFileSync(file, "utf8").replace("<head>", '<head>\n<base href="/">')
    : "There is no such page.\n";
}

/** The requested file, never one outside `root`, not even through a link. */
function fileOf(root: string, url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*/s, ""));
    const file = realpathSync(join(root, path.endsWith("/") ? `${path}index.html` : path));
    return file.startsWith(root + sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined; // no such file, or no such path
  }
}
