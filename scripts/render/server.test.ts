import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { serveFolder } from "./server.js";

const temporary = mkdtempSync(join(tmpdir(), "server-test-"));
const site = join(temporary, "site");
mkdirSync(join(site, "api"), { recursive: true });
writeFileSync(join(site, "index.html"), "contents");
writeFileSync(join(site, "api/index.html"), "reference");
writeFileSync(join(temporary, "secret.txt"), "secret");
mkdirSync(join(temporary, "site-2"));
writeFileSync(join(temporary, "site-2/secret.txt"), "secret");
symlinkSync(join(temporary, "secret.txt"), join(site, "link.txt"));
const { url, close } = await serveFolder(site, 0);
test.after(() => {
  close();
  rmSync(temporary, { recursive: true });
});

/** Asks for a path as it is; fetch would tidy it up. */
function ask(path: string, method = "GET"): Promise<{ status?: number; body: string; type?: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method }, (response) => {
      let body = "";
      response.on("data", (text: Buffer) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode, body, type: response.headers["content-type"] }));
    });
    asked.on("error", reject).end();
  });
}

test("files are served, folders by their index", async () => {
  assert.deepEqual(await ask("/"), { status: 200, body: "contents", type: "text/html; charset=utf-8" });
  assert.equal((await ask("/index.html?x=1")).body, "contents");
  assert.equal((await ask("/api/")).body, "reference");
  assert.equal((await ask("/index.html", "HEAD")).body, "");
});

test("nothing outside the folder is served", async () => {
  const ways = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/api/../../secret.txt",
    "/link.txt",
    "/../site-2/secret.txt",
    "//secret.txt",
  ];
  for (const way of ways) assert.equal((await ask(way)).status, 404, way);
});

test("what is no path or no reading is refused", async () => {
  for (const path of ["/%zz", "/%00", "/none.html", "/api"]) assert.equal((await ask(path)).status, 404, path);
  assert.equal((await ask("/", "POST")).status, 405);
});

test("only this machine is served, and a taken port is told", async () => {
  assert.equal(new URL(url).hostname, "127.0.0.1");
  await assert.rejects(serveFolder(site, Number(new URL(url).port)), { code: "EADDRINUSE" });
});
