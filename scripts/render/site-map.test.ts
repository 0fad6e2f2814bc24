import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { shell } from "./shell.js";
import { writeSiteMap } from "./site-map.js";

test("with an address, a page names its own and that of its picture; without, none", () => {
  const page = { title: "6.2 Weights", description: 'Why "not" zero?', body: "" };
  const placed = shell({ ...page, file: "6.2.html", address: "https://example.org/c" });
  assert.match(placed, /<link rel="canonical" href="https:\/\/example\.org\/c\/6\.2\.html">/);
  assert.match(placed, /og:image" content="https:\/\/example\.org\/c\/share\/6\.2\.jpg"/);
  assert.match(placed, /description" content="Why &quot;not&quot; zero\?"/);
  const index = shell({ ...page, file: "index.html", address: "https://example.org/c" });
  assert.match(index, /<link rel="canonical" href="https:\/\/example\.org\/c\/">/);
  assert.doesNotMatch(shell({ ...page, file: "6.2.html" }), /canonical|https:/);
});

test("the site map has every page but the one for addresses without a page", () => {
  const site = mkdtempSync(join(tmpdir(), "site-map-test-"));
  mkdirSync(join(site, "api"));
  for (const file of ["index.html", "404.html", "page.js", "api/a b.html"]) writeFileSync(join(site, file), "");
  writeSiteMap(site, "https://example.org/c");
  const places = [...readFileSync(join(site, "sitemap.xml"), "utf8").matchAll(/<loc>(.*)<\/loc>/g)];
  assert.deepEqual(
    places.map(([, place]) => place),
    ["https://example.org/c/api/a%20b.html", "https://example.org/c/"],
  );
  assert.match(readFileSync(join(site, "robots.txt"), "utf8"), /Sitemap: https:\/\/example\.org\/c\/sitemap\.xml/);
  rmSync(site, { recursive: true });
});
