// The compiler without the kernel: sessions of cells, run here and in a browser from one bundle.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { nodeFiles } from "../language/files.js";
import { createCompiler } from "./compiler.js";
import type { FileSystem } from "./file-system.js";
import { expected, type Outcome, run, SESSIONS } from "./testing/sessions.js";

const require = createRequire(import.meta.url);
const library = path.dirname(require.resolve("typescript"));

function newCompiler() {
  const types = path.join(path.dirname(require.resolve("@types/node/package.json")), "index.d.ts");
  const places = { folder: "/nowhere", library, modules: new Map([["@types/node", types]]) };
  return createCompiler(nodeFiles, places, Object.getOwnPropertyNames(globalThis));
}

for (const session of SESSIONS) {
  test(`in Node: ${session.title}`, async () => {
    assert.deepEqual(await run(newCompiler(), session), expected(session));
  });
}

test("in a browser: the same sessions have the same outcomes", { timeout: 120_000 }, async () => {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "testing/in-browser.js")],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    external: ["fs", "path", "os", "inspector", "perf_hooks", "module", "url", "source-map-support"],
    logLevel: "error",
  });
  const table = Object.fromEntries(
    readdirSync(library)
      .filter((file) => /^lib\..*d\.ts$/.test(file))
      .map((file) => [`/library/${file}`, readFileSync(path.join(library, file), "utf8")]),
  );
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text });
    const outcomes = await page.evaluate(
      (files) => (globalThis as unknown as { runAll(files: object): Promise<Outcome[][]> }).runAll(files),
      table,
    );
    assert.deepEqual(outcomes, SESSIONS.map(expected));
  } finally {
    await browser.close();
  }
});

test("paths that begin with a drive, as on Windows: the same sessions, and modules beside the notebook", async () => {
  const drive = "C:";
  const without = (file: string) => file.slice(drive.length);
  const files: FileSystem = {
    read: (file) => nodeFiles.read(without(file)),
    fileExists: (file) => file.startsWith(drive) && nodeFiles.fileExists(without(file)),
    folderExists: (folder) => folder.startsWith(drive) && nodeFiles.folderExists(without(folder)),
    list: (folder) => nodeFiles.list(without(folder)),
    realpath: (file) => drive + nodeFiles.realpath(without(file)),
    version: (file) => nodeFiles.version(without(file)),
  };
  const folder = mkdtempSync(path.join(tmpdir(), "drive-"));
  try {
    writeFileSync(path.join(folder, "beside.ts"), "export const one = 1;");
    writeFileSync(path.join(folder, "plain.js"), "exports.two = 2;");
    const own = { folder: drive + folder, library: drive + library, modules: new Map<string, string>() };
    const compiler = () => createCompiler(files, own, Object.getOwnPropertyNames(globalThis));
    for (const session of SESSIONS.slice(0, 3)) assert.deepEqual(await run(compiler(), session), expected(session));
    const beside = `${own.folder}/beside.ts`;
    assert.deepEqual(compiler().resolve("./beside", undefined), { file: beside, format: "compiled" });
    assert.equal(compiler().resolve("./plain.js", beside)?.format, "host"); // there is no package.json up to the drive
    assert.match(compiler().compileModule(beside).code, /exports\.one = 1/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("completions, documentation and whole cells", () => {
  const compiler = newCompiler();
  compiler.compile(
    "/** the rate */ const rate = 0.5; let myOwn = { alpha: 1 }; function step(rate: number, x: string) {}",
    "In[1]",
  );
  const names = (code: string, at = code.length) => compiler.complete(code, at).entries.map(({ name }) => name);
  assert.deepEqual(names("myO"), ["myOwn"]);
  assert.deepEqual(names("myOwn."), ["alpha"]);
  assert.deepEqual(names("const r: 'sgd' | 'adam' = '"), ["adam", "sgd"]);
  assert.equal(names('import x from "node:f')[0], "node:fs");
  assert.ok(!names("").some((name) => name.includes("\u200c") || name.includes("__type")));
  assert.match(compiler.inspect("rate", 2) ?? "", /const rate: 0\.5\s+the rate/);
  assert.match(compiler.inspect("step(1, ", 8) ?? "", /step\(rate: number, x: string\): void\nHere: x: string/);
  assert.equal(compiler.inspect("   ", 1), undefined);
  assert.deepEqual(compiler.isWhole("for (const x of [1]) {"), { status: "incomplete", indent: "  " });
  assert.deepEqual(compiler.isWhole("1 + 1"), { status: "complete" });
  assert.deepEqual(compiler.isWhole("const ] = 1"), { status: "invalid" });
});
