// @ts-check
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { checkDisk, checkMachine, checkNode, findCompiler, findPython } from "./requirements.mjs";

test("Node 20.17 to 22 is accepted, others are named with what works", () => {
  for (const version of ["20.17.0", "20.20.2", "21.0.0", "22.22.1"]) checkNode(version);
  for (const version of ["18.20.0", "20.16.0", "23.0.0", "24.1.0"])
    assert.throws(() => checkNode(version), {
      message: new RegExp(`^Node ${version} .*Node 20 \\(20\\.17 or later\\) or 22`),
    });
});

test("other machines than x86-64 Linux with a recent glibc are refused", () => {
  checkMachine({ os: "linux", arch: "x64", glibc: "2.36" });
  assert.throws(
    () => checkMachine({ os: "linux", arch: "x64", glibc: "2.31" }),
    /glibc 2\.34 or newer.*linux x64 with glibc 2\.31/,
  );
  assert.throws(() => checkMachine({ os: "linux", arch: "x64", glibc: undefined }), /no glibc/);
  assert.throws(() => checkMachine({ os: "linux", arch: "arm64", glibc: "2.36" }), /linux arm64/);
  assert.throws(() => checkMachine({ os: "darwin", arch: "x64", glibc: undefined }), /darwin x64/);
});

test("too small a disk is told with both numbers", () => {
  checkDisk(3000, 3000);
  assert.throws(() => checkDisk(3000, 812.6), /needs 3000 MB .* only 812 MB are free/);
});

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} programs  shell scripts by name; they are all that is on the PATH
 */
function usePath(t, programs) {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
  const { PATH, CXX } = process.env;
  t.after(() => {
    Object.assign(process.env, { PATH }, CXX && { CXX });
    rmSync(folder, { recursive: true });
  });
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  process.env.PATH = folder;
  delete process.env.CXX;
}

test("a machine without Python is told what to install", (t) => {
  usePath(t, {});
  assert.throws(() => findPython(), /Python 3\.11 or newer.*none was found.*apt install python3/);
});

test("an old Python is named, a newer one beside it is taken", (t) => {
  usePath(t, { python3: "echo 3.9", "python3.12": "echo 3.12" });
  assert.throws(() => findPython(["python3"]), /found only: python3 is 3\.9/);
  assert.equal(findPython(), "python3.12");
});

test("a Python without the venv module is told which package has it", (t) => {
  usePath(t, { python3: "echo 3.11; exit 1" });
  assert.throws(() => findPython(), /python3 \(3\.11\) has no venv module.*apt install python3\.11-venv/);
});

test("a machine without a C++ compiler is told what to install", (t) => {
  usePath(t, { "clang++": "exit 0" });
  assert.equal(findCompiler(), "clang++");
  process.env.PATH = "";
  assert.throws(() => findCompiler(), /C\+\+ compiler.*apt install g\+\+/);
});
