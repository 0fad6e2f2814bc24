import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { root } from "#setup/clone.mjs";
import { checkDisk, checkNode, faultOfPython, findCompiler, findPython } from "#setup/requirements.mjs";

test("Node 20, 22, 24 and 26 are accepted, others are named with what works", () => {
  for (const version of ["20.19.0", "20.20.2", "22.12.0", "22.22.1", "24.0.0", "24.21.0", "26.10.0"])
    checkNode(version);
  for (const version of ["18.20.0", "20.18.3", "21.7.3", "22.11.0", "23.0.0", "25.1.0", "27.0.0"])
    assert.throws(() => checkNode(version), {
      message:
        `Node ${version} does not run this project: it is tested on Node 20 (20.19 or later), 22 (22.12 or later), ` +
        "24 and 26; install one of these and run the same command again.",
    });
});

test("package.json, the README and the workflow name the same versions of Node as set-up", () => {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
  assert.equal(engines.node, "^20.19 || ^22.12 || ^24 || ^26");
  assert.match(read("README.md"), /Node\.js 20 \(from 20\.19\), 22 \(from 22\.12\), 24 or 26/);
  const lines = read(".github/workflows/notebooks.yml").match(/node: \[(.*)\]/)?.[1];
  assert.equal(lines, "20.19, 22, 24, 26");
  checkNode(`${read(".nvmrc").trim()}.0.0`);
});

test("too small a disk is told with both numbers", () => {
  checkDisk(3000, 3000);
  assert.throws(() => checkDisk(3000, 812.6), /needs 3000 MB .* only 812 MB are free/);
});

const { PATH, CXX } = process.env;

/** @param programs  shell scripts by name; they are all that is on the PATH */
function usePath(t: TestContext, programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
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

/**
 * A Python that introduces itself so.
 * @param missing  modules
 */
function introduces(
  version: string,
  abi = `cpython-${version.split(".").slice(0, 2).join("")}-x86_64-linux-gnu`,
  ...missing: string[]
) {
  return `printf '%s\\n' ${[version, abi, ...missing].join(" ")}`;
}

test("the active Python is taken, and where it does not fit, another", (t) => {
  usePath(t, { python3: introduces("3.13.0"), python: introduces("3.12.1"), "python3.11": introduces("3.11.2") });
  assert.equal(findPython(), "python3");
  usePath(t, { python3: introduces("3.9.2"), python: introduces("3.12.1"), "python3.11": introduces("3.11.2") });
  assert.equal(findPython(), "python");
  usePath(t, { python3: introduces("3.15.0"), "python3.11": "exit 127", "python3.14": introduces("3.14.0") });
  assert.equal(findPython(), "python3.14");
});

test("this machine's own Python is taken", () => {
  assert.match(findPython(), /^python(3|3\.1[1-4])?$/);
});

test("a machine without Python is told what to install", (t) => {
  usePath(t, {});
  assert.throws(() => findPython(), {
    message:
      "A Python from 3.11 to 3.14 is needed, and none was found on the PATH. " +
      "Install one (on Debian 12, Ubuntu 24.04 and later ones: apt install python3 python3-venv; " +
      "where these bring an older one, from python.org or with pyenv or uv) and run the same command again.",
  });
});

/** What is wrong with a Python, how it introduces itself, and what is told. */
const unfit: [string, string, RegExp][] = [
  ["too old", introduces("3.10.13"), /fits: python3 is 3\.10\.13, too old\./],
  ["Python 2", introduces("2.7.18", "None", "venv"), /fits: python3 is 2\.7\.18, too old\./],
  ["too new", introduces("3.15.0"), /python3 is 3\.15\.0, newer than the pinned packages/],
  ["PyPy", introduces("3.11.13", "pypy311-pp73-x86_64-linux-gnu"), /python3 \(3\.11\.13\) is a build for pypy311-pp73/],
  ["32-bit", introduces("3.11.2", "cpython-311-i386-linux-gnu"), /is a build for cpython-311-i386-linux-gnu/],
  ["musl", introduces("3.12.9", "cpython-312-x86_64-linux-musl"), /build for cpython-312-x86_64-linux-musl.*glibc/],
  ["free-threaded", introduces("3.13.0", "cpython-313t-x86_64-linux-gnu"), /build for cpython-313t-x86_64-linux-gnu/],
  [
    "without ssl",
    introduces("3.11.9", undefined, "ssl"),
    /python3 \(3\.11\.9\) was built without ssl.*cannot download/,
  ],
  // As Debian and Ubuntu have it before python3-venv is installed.
  [
    "without venv",
    introduces("3.11.2", undefined, "ensurepip"),
    /\(3\.11\.2\) has no ensurepip.*apt install python3\.11-venv/,
  ],
  // A pyenv shim for a version that is not the active one.
  [
    "does not run",
    "echo 'pyenv: python3: command not found' >&2; echo 'See pyenv help' >&2; exit 127",
    /python3 does not run \(pyenv: python3: command not found\)/,
  ],
  ["something else of that name", "echo hello", /python3 does not run \(hello\)/],
  ["nothing at all", "exit 127", /python3 does not run \(it prints nothing\)/],
];
for (const [what, script, message] of unfit)
  test(`an unfit Python is told as what it is: ${what}`, (t) => {
    usePath(t, { python3: script });
    assert.throws(() => findPython(), { message });
  });

test("on each machine a Python fits that is compiled for it", () => {
  const abis = {
    "linux x64": "cpython-312-x86_64-linux-gnu",
    "linux arm64": "cpython-312-aarch64-linux-gnu",
    "darwin arm64": "cpython-312-darwin",
    "win32 x64": ".cp312-win_amd64.pyd",
  };
  for (const [machine, abi] of Object.entries(abis)) {
    assert.equal(faultOfPython("3.12.1", abi, [], machine), undefined);
    assert.match(
      String(faultOfPython("3.12.1", "cpython-312-i386-linux-gnu", [], machine)),
      new RegExp(`on ${machine}`),
    );
  }
});

test("what is wrong with several Pythons is told once", (t) => {
  const bare = introduces("3.11.2", undefined, "ensurepip");
  usePath(t, { python3: bare, "python3.11": bare, python: introduces("2.7.18") });
  assert.throws(
    () => findPython(),
    /fits: python3 and python3\.11 \(3\.11\.2\) has no .*-venv; python is 2\.7\.18, too old\./,
  );
});

test("a C++ compiler is found by its usual names, or none is", (t) => {
  usePath(t, { "clang++": "exit 0" });
  assert.equal(findCompiler(), "clang++");
  process.env.PATH = "";
  assert.equal(findCompiler(), undefined);
});
