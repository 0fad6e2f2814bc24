// Set-up as a whole, and its steps where something goes wrong on the way.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { root } from "#setup/clone.mjs";
import { askPython } from "#setup/requirements.mjs";
import { outcome } from "../testing/outcome.js";
import { throwawayClone } from "../testing/throwaway-clone.js";

const otherPython = findOtherPython();
const noOther = "there is no other Python from 3.11 to 3.14 on the PATH";
const unreachable = "http://127.0.0.1:9/"; // nothing listens there

test("with nothing to do, set-up takes under a second and starts no program", async () => {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const setUp = spawn(process.execPath, [join(root, "scripts/cli.mjs"), "setup"], { env: { PATH: "/nonexistent" } });
    const { code, output } = await outcome(setUp);
    times.push(performance.now() - start);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /✓/);
  }
  // The fastest: other tests run at the same time.
  assert.ok(Math.min(...times) < 1000, `took ${times.map(Math.round)} ms`);
});

test("without a compiler, set-up goes on without TensorFlow and says so once; with one, the next npm run setup adds it", async (t) => {
  const clone = throwawayClone(t);
  const path = pathOf(t, "node", "npm", "flock");
  const offline = { PATH: path, CXX: "", npm_config_registry: unreachable, npm_config_fetch_retries: "0" };
  const decided = /Training will use WebAssembly.*needs a C\+\+ compiler.*apt install g\+\+.*npm run setup/;
  const told = (output: string) => output.split("\n").filter((line) => decided.test(line)).length;

  assert.equal(told((await clone.setUp(offline)).output), 1);
  assert.equal(told((await clone.setUp(offline, "lab")).output), 0);
  const { output } = await clone.setUp({ ...offline, PATH: `${path}:${pathOf(t, "g++")}` });
  assert.doesNotMatch(output, /WebAssembly/);
  assert.ok(!clone.has(".cache/without-tensorflow"));
});

test("without a compiler, TRAINING_BACKEND=tensorflow stops before anything is installed", async (t) => {
  const clone = throwawayClone(t);
  const { code, output } = await clone.setUp({
    PATH: pathOf(t, "node", "npm", "flock"),
    CXX: "",
    TRAINING_BACKEND: "tensorflow",
  });
  assert.equal(code, 1);
  assert.match(output, /TRAINING_BACKEND is tensorflow, but its addon needs a C\+\+ compiler/);
  assert.equal(output.trim().split("\n").length, 1, output);
  assert.ok(!clone.has("node_modules") && !clone.has(".venv"));
});

/** A PATH of these programs alone, and of this clone's Python. */
function pathOf(t: TestContext, ...programs: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of programs) symlinkSync(which(name), join(folder, name));
  symlinkSync(realpathSync(join(root, ".venv/bin/python")), join(folder, "python3"));
  return folder;
}

test("without the npm registry, set-up says so", async (t) => {
  const clone = throwawayClone(t);
  const { code, output } = await clone.setUp({ npm_config_registry: unreachable, npm_config_fetch_retries: "0" });
  assert.equal(code, 1);
  assert.match(
    output,
    /Installing the Node packages failed: the package registry cannot be reached; check the network/,
  );
  assert.match(output, /The whole log: .*\.cache\/setup\.log/);
  assert.equal(await clone.isDone("node"), false);
});

test("without the Python package index, set-up says so, and the half-made environment does not count", async (t) => {
  const clone = throwawayClone(t);
  const { code, output } = await clone.makeStep("python", {
    PIP_INDEX_URL: unreachable,
    PIP_FIND_LINKS: "",
    PIP_RETRIES: "1",
  });
  assert.equal(code, 1);
  assert.match(output, /Installing the Python packages failed: the package registry cannot be reached/);
  assert.ok(clone.has(".venv/bin/python"));
  assert.equal(await clone.isDone("python"), false);
});

test("a Node package that is not the pinned one is not installed", async (t) => {
  const server = createServer((_, response) => response.end("not the package")).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const clone = throwawayClone(t);
  const resolved = `http://127.0.0.1:${port}/tiny.tgz`;
  clone.lockNode({ tiny: { version: "1.0.0", resolved, integrity: `sha512-${"A".repeat(86)}==` } });
  const { code, output } = await clone.makeStep("node", { npm_config_fetch_retries: "0" });
  assert.equal(code, 1);
  assert.match(output, /Installing the Node packages failed: a download is not the file that the project pins/);
  assert.equal(await clone.isDone("node"), false);
});

test(
  "the Python packages install on another Python than this clone's",
  { skip: !otherPython && noOther },
  async (t) => {
    const clone = throwawayClone(t);
    const path = mkdtempSync(join(tmpdir(), "path-"));
    t.after(() => rmSync(path, { recursive: true }));
    symlinkSync(otherPython.command, join(path, "python3"));
    for (const step of ["python", "pythonDev"]) {
      const { code, output } = await clone.makeStep(step, { PATH: `${path}:${process.env.PATH}` });
      assert.equal(code, 0, output);
      assert.equal(await clone.isDone(step), true);
    }
    const python = join(clone.folder, ".venv/bin/python");
    assert.equal(askPython(python)?.version, otherPython?.version);
    execFileSync(python, ["-I", "-m", "pip", "check"]);
  },
);

test("a TensorFlow wheel that is not the pinned one is not unpacked", async (t) => {
  const clone = throwawayClone(t, { borrow: [".venv"] });
  const wheels = join(clone.folder, "wheels");
  mkdirSync(wheels);
  writeFileSync(join(wheels, "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl"), "not the wheel");
  const { code, output } = await clone.makeStep("tensorflow", { PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels });
  assert.equal(code, 1);
  assert.match(output, /Downloading TensorFlow failed: a download is not the file that the project pins/);
  assert.ok(!clone.has(".cache/tensorflow-2.21.0"));
});

test("a step that was killed halfway is made again, from what it has fetched", async (t) => {
  const clone = throwawayClone(t);
  const first = clone.startStep("chromium");
  while (first.exitCode === null && !clone.has(".cache/chromium-143.0.4.partial/chromium"))
    await new Promise((done) => setTimeout(done, 20));
  first.kill("SIGKILL");
  await once(first, "close");
  assert.equal(await clone.isDone("chromium"), false);

  const { code, output } = await clone.makeStep("chromium", { npm_config_offline: "true" });
  assert.equal(code, 0, output);
  assert.equal(await clone.isDone("chromium"), true);
  assert.ok(!clone.has(".cache/chromium-143.0.4/node_modules"));
  assert.match(
    execFileSync(join(clone.folder, ".cache/chromium-143.0.4/chromium"), ["--version"], {
      encoding: "utf8",
      env: { LD_LIBRARY_PATH: join(clone.folder, ".cache/chromium-143.0.4/lib") },
    }),
    /143/,
  );
});

// A file system of 20 MB, in a mount namespace that ends with the process.
const small = ["--mount", "sh", "-c", 'mount -t tmpfs -o size=20m tmpfs .cache && exec "$0" "$@"'];
const noMount = spawnSync("unshare", ["--mount", "true"]).status !== 0 && "needs the right to mount";

test("a disk that is too small is told before anything is fetched", { skip: noMount }, async (t) => {
  const { folder } = throwawayClone(t);
  const copy = `mount -t tmpfs -o size=20m tmpfs "$1" && cp -r "${folder}/." "$1" && cd "$1"`;
  const mount = `${copy} && exec "$0" scripts/cli.mjs setup`;
  const place = mkdtempSync(join(tmpdir(), "small-"));
  t.after(() => rmSync(place, { recursive: true }));
  const { code, output } = await outcome(spawn("unshare", ["--mount", "sh", "-c", mount, process.execPath, place]));
  assert.equal(code, 1);
  assert.match(output, /Set-up needs \d+ MB of disk space in .*small-.* and only \d+ MB are free/);
});

test("a disk that fills up on the way is told", { skip: noMount }, async (t) => {
  const clone = throwawayClone(t);
  mkdirSync(join(clone.folder, ".cache"));
  const step = `const { remedy } = await import("./scripts/setup/set-up-error.mjs");
    const { stampedStep, writeWhole } = await import("./scripts/setup/step.mjs");
    const make = async () => writeWhole(".cache/made/large", "x".repeat(30e6));
    const step = stampedStep({ name: "it", megabytes: 0, stamp: ".cache/made/.stamp", inputs: () => [], make });
    await step.make(() => {}).catch((error) => console.log(remedy(String(error))));
    console.log(step.isDone());`;
  const { output } = await outcome(
    spawn("unshare", [...small, process.execPath, "--input-type=module", "-e", step], { cwd: clone.folder }),
  );
  assert.equal(output, "the disk is full; free some space and run the same command again\nfalse\n");
});

test("a disk that fills up under npm is told, though npm only warns", { skip: noMount }, async (t) => {
  const clone = throwawayClone(t);
  mkdirSync(join(clone.folder, "package"));
  writeFileSync(join(clone.folder, "package/package.json"), '{"name":"large","version":"1.0.0"}');
  writeFileSync(join(clone.folder, "package/data"), randomBytes(300_000));
  execFileSync("tar", ["czf", "large.tgz", "package"], { cwd: clone.folder });
  const integrity = `sha512-${createHash("sha512")
    .update(readFileSync(join(clone.folder, "large.tgz")))
    .digest("base64")}`;
  clone.lockNode({ large: { version: "1.0.0", resolved: "file:large.tgz", integrity } });
  mkdirSync(join(clone.folder, "node_modules"));
  const full = 'mount -t tmpfs -o size=64k tmpfs node_modules && exec "$0" "$@"';
  const step = `const { nodeStep } = await import("./scripts/setup/node.mjs");
    await nodeStep.make(() => {}).catch((error) => console.log(error.message));
    console.log(nodeStep.isDone());`;
  const { output } = await outcome(
    spawn("unshare", ["--mount", "sh", "-c", full, process.execPath, "--input-type=module", "-e", step], {
      cwd: clone.folder,
    }),
  );
  assert.match(output, /^Installing the Node packages failed: the disk is full; free some space .*\nfalse\n$/);
});

test("the library is built, its errors are shown, and what lost its source goes", async (t) => {
  await assertBuilds(throwawayClone(t, { borrow: ["node_modules"] }), "library", "lib");
});

test("the scripts are built, their errors are shown, and what lost its source goes", async (t) => {
  const clone = throwawayClone(t, { borrow: ["node_modules"] });
  writeFileSync(join(clone.folder, "lib/index.ts"), "export const answer: number = 42;\n");
  writeFileSync(
    join(clone.folder, "scripts/uses.ts"),
    'import type { answer } from "../lib/index.js";\nimport { root } from "#setup/clone.mjs";\n' +
      "export const both: [typeof answer, string] = [1, root];\n",
  );
  await assertBuilds(clone, "scripts", "scripts");
  // Compiled, a script finds set-up where its source does.
  const uses = await outcome(
    spawn(process.execPath, ["-e", 'import("./scripts/dist/uses.js").then(({ both }) => console.log(both[1]))'], {
      cwd: clone.folder,
    }),
  );
  assert.equal(uses.output, `${clone.folder}\n`);

  // Set-up itself is not compiled, but checked.
  writeFileSync(join(clone.folder, "scripts/setup/wrong.mjs"), '/** @type {number} */\nexport const wrong = "1";\n');
  const { code, output } = await clone.makeStep("scripts");
  assert.equal(code, 1);
  assert.match(output, /scripts\/setup\/wrong\.mjs\(2,.*error TS2322/);
});

test("without the packages for tests, the library is built without them, and with them, whole", async (t) => {
  const clone = throwawayClone(t);
  const modules = join(clone.folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules")).filter((name) => /^[@\w]/.test(name)))
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const record = (packages: object) => writeFileSync(join(modules, ".package-lock.json"), JSON.stringify({ packages }));
  writeFileSync(join(clone.folder, "lib/one.ts"), "export const one: number = 1;\n");
  writeFileSync(join(clone.folder, "lib/one.test.ts"), "export const two: number = 2;\n");

  record(Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => !dev)));
  assert.deepEqual([await clone.isDone("node"), await clone.isDone("nodeDev")], [true, false]);
  assert.equal((await clone.makeStep("library")).code, 0);
  assert.deepEqual([clone.has("lib/dist/one.js"), clone.has("lib/dist/one.test.js")], [true, false]);

  record(lock.packages);
  assert.deepEqual([await clone.isDone("nodeDev"), await clone.isDone("library")], [true, false]);
  assert.equal((await clone.makeStep("library")).code, 0);
  assert.ok(clone.has("lib/dist/one.test.js"));
});

/** A step that compiles a folder to its `dist`. */
async function assertBuilds(clone: ReturnType<typeof throwawayClone>, step: string, name: string): Promise<void> {
  const folder = join(clone.folder, name);
  writeFileSync(join(folder, "one.ts"), "export const one: number = 1;\n");
  writeFileSync(join(folder, "two.test.ts"), "export const two: number = 2;\n");
  const first = await clone.makeStep(step);
  assert.equal(first.code, 0, first.output);
  assert.ok(clone.has(`${name}/dist/one.js`) && clone.has(`${name}/dist/two.test.js`));
  assert.equal(await clone.isDone(step), true);

  rmSync(join(folder, "two.test.ts"));
  assert.equal(await clone.isDone(step), false);
  assert.equal((await clone.makeStep(step)).code, 0);
  assert.ok(!clone.has(`${name}/dist/two.test.js`) && clone.has(`${name}/dist/one.d.ts`));

  writeFileSync(join(folder, "one.ts"), 'export const one: number = "1";\n');
  const { code, output } = await clone.makeStep(step);
  assert.equal(code, 1);
  assert.match(output, /TypeScript errors/);
  assert.match(output, /one\.ts\(1,.*error TS2322/);
  assert.equal(await clone.isDone(step), false);

  writeFileSync(join(folder, "one.ts"), "export const one: number = 1;\n");
  assert.equal((await clone.makeStep(step)).code, 0);
}

test("nothing that is installed from PyPI is unpinned, and no index is named", () => {
  for (const file of ["requirements.txt", "scripts/setup/tensorflow.txt"]) {
    const text = readFileSync(join(root, file), "utf8");
    assert.doesNotMatch(text, /https?:|find-links|index-url/);
    for (const requirement of text
      .replace(/\\\n/g, "")
      .split("\n")
      .filter((line) => /^\w/.test(line)))
      assert.match(requirement, /^[\w.-]+==[\w.]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+$/);
  }
});

/** The oldest fitting Python on the PATH whose version is not that of this clone's. */
function findOtherPython() {
  const here = askPython(join(root, ".venv/bin/python"))?.version;
  return (process.env.PATH ?? "")
    .split(":")
    .flatMap((folder) => ["python3.11", "python3.12", "python3.13", "python3.14"].map((name) => join(folder, name)))
    .map((command) => ({ command, ...(askPython(command) ?? { fault: "is not there" }) }))
    .filter(({ version, fault }) => !fault && version !== here)
    .sort((a, b) => String(a.version).localeCompare(String(b.version), "en", { numeric: true }))[0];
}

function which(program: string) {
  return execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
}
