import assert from "node:assert/strict";
import test from "node:test";
import { codespaceOf } from "./codespace.js";
import { indexPage, sectionPage } from "./pages.js";

test("a codespace is named after the repository, in each way that package.json may say it", () => {
  for (const place of [
    "owner/some.name",
    "github:owner/some.name",
    "https://github.com/owner/some.name",
    "git+https://github.com/owner/some.name.git",
    "git@github.com:owner/some.name.git",
  ])
    for (const repository of [place, { url: place }])
      assert.equal(codespaceOf(repository), "https://codespaces.new/owner/some.name");
  for (const elsewhere of [undefined, "gitlab:owner/name", { url: "https://example.org/owner/name.git" }])
    assert.equal(codespaceOf(elsewhere), undefined);
});

test("pages offer a codespace if there is a repository, and else nothing that leads out of the site", () => {
  const article = { title: "6.1", html: "<h1>6.1</h1>", headings: [], passages: [] };
  const page = { ...article, name: "6.1", file: "6.1.html", question: "?" };
  const welcome = { ...article, html: '<h1>C</h1><h2 id="How-to-run-it">How to run it</h2><p>Run.</p>' };
  const both = (codespace?: string) => [
    sectionPage(page, [page], 1, { codespace }),
    indexPage(welcome, "", [], [], new Map(), { codespace }),
  ];
  for (const text of both("https://codespaces.new/a/b"))
    assert.match(text, /<a href="https:\/\/codespaces\.new\/a\/b">/);
  for (const text of both()) assert.doesNotMatch(text, /codespace|https:/i);
});
