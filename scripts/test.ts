// @ts-check
// npm test: runs the tests of the library and of the scripts, and closes with how many passed and failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { readCommandLine } from "./command-line.mjs";
import { jupyterEnvironment } from "./jupyter.mjs";
import { setUp } from "./setup.mjs";
import { cache, root } from "./setup/clone.mjs";
import { python } from "./setup/python.mjs";

const usage = `Runs the tests, which stand beside the files they test.

  npm test                      all of them
  npm test -- lib/optimizers    those whose paths contain this`;

const { positionals: filters } = readCommandLine(usage, { allowPositionals: true });
await setUp();
process.chdir(root);

const nodeTests = testFiles("lib", /\.test\.ts$/).map((file) => file.replace(/^lib\/(.*)\.ts$/, "lib/dist/$1.js"));
const total = add(
  await runNodeTests([...nodeTests, ...testFiles("scripts", /\.test\.[mc]js$/)]),
  await runPythonTests(testFiles("scripts", /(^|\/)test_[^/]*\.py$/)),
);

const ran = total.passed + total.failed;
if (ran === 0)
  console.error(filters.length > 0 ? `No test's path contains ${filters.join(" or ")}.` : "No test was run.");
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed === 0 && ran > 0 ? 0 : 1);

/**
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]} paths from the root, sorted
 */
function testFiles(folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => pattern.test(file) && !file.startsWith("lib/dist/"))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();
}

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @param {Counts[]} parts */
function add(...parts) {
  const sum = (/** @type {keyof Counts} */ kind) => parts.reduce((total, part) => total + part[kind], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/**
 * Node's own runner, each file in a process of its own.
 * @param {string[]} files
 * @returns {Promise<Counts>}
 */
async function runNodeTests(files) {
  /** @type {Record<string, number>} */
  const counts = {};
  if (files.length > 0) {
    const events = run({
      files: files.map((file) => join(root, file)),
      concurrency: availableParallelism(),
      timeout: 15 * 60_000,
    });
    // The runner's closing lines: "pass 12", "fail 0", …
    events.on("test:diagnostic", ({ message, nesting }) => {
      const [, kind, count] = message.match(/^(pass|fail|cancelled|skipped|todo) (\d+)$/) ?? [];
      if (kind && nesting === 0) counts[kind] = Number(count);
    });
    const report = events.compose(new spec());
    report.pipe(process.stdout, { end: false });
    await once(report, "end");
  }
  const { pass = 0, fail = 0, cancelled = 0, skipped = 0, todo = 0 } = counts;
  return { passed: pass, failed: fail + cancelled, skipped: skipped + todo };
}

/**
 * @param {string[]} files
 * @returns {Promise<Counts>}
 */
async function runPythonTests(files) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const report = join(cache, "test/pytest.xml");
  mkdirSync(join(cache, "test"), { recursive: true });
  rmSync(report, { force: true });
  const pytest = spawn(
    python,
    ["-m", "pytest", "--rootdir=.", "-p", "no:cacheprovider", `--junitxml=${report}`, ...files],
    {
      cwd: root,
      env: { ...jupyterEnvironment, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const [code] = await once(pytest, "close");
  const suite = existsSync(report) ? readFileSync(report, "utf8") : "";
  const count = (/** @type {string} */ kind) =>
    Number(suite.match(new RegExp(`<testsuite [^>]*\\b${kind}="(\\d+)"`))?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return {
    passed: count("tests") - failed - count("skipped"),
    failed: code === 0 ? failed : Math.max(failed, 1), // a crash of pytest itself counts too
    skipped: count("skipped"),
  };
}
