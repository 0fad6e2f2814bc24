// npm test: runs the tests of the library and of the scripts, and ends with the number that passed and failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { cache, root } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";
import { jupyterEnvironment } from "./jupyter.js";

const TIMEOUT_MS = 15 * 60_000; // for one file

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export default async function test(_values: object, filters: string[]): Promise<void> {
  process.chdir(root);
  // Tests are chosen by their sources, but what runs is compiled.
  const compiled = ["lib", "scripts"].flatMap((folder) =>
    testFiles(folder, /\.test\.ts$/, filters).map(
      (file) => `${folder}/dist${file.slice(folder.length, -".ts".length)}.js`,
    ),
  );
  const total = add(
    await runNodeTests(compiled),
    await runPythonTests(testFiles("scripts", /(^|\/)test_[^/]*\.py$/, filters)),
  );

  const ran = total.passed + total.failed;
  if (ran === 0)
    console.error(filters.length > 0 ? `No test's path contains ${filters.join(" or ")}.` : "No test was run.");
  console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
  process.exit(total.failed === 0 && ran > 0 ? 0 : 1);
}

/**
 * @param filters  a path must contain one of them, if there are any
 * @returns paths from the root, sorted
 */
function testFiles(folder: string, pattern: RegExp, filters: string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).replaceAll(sep, "/"))
    .filter((file) => pattern.test(file) && !file.startsWith(`${folder}/dist/`))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();
}

function add(...parts: Counts[]): Counts {
  const sum = (kind: keyof Counts) => parts.reduce((total, part) => total + part[kind], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** Node's own test runner, each file in a separate process. */
async function runNodeTests(files: string[]): Promise<Counts> {
  const counts: Record<string, number> = {};
  if (files.length > 0) {
    const events = run({
      files: files.map((file) => join(root, file)),
      concurrency: availableParallelism(),
      timeout: TIMEOUT_MS,
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

/** As many files at a time as there are cores. */
async function runPythonTests(files: string[]): Promise<Counts> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const report = join(cache, "test/pytest.xml");
  mkdirSync(join(cache, "test"), { recursive: true });
  rmSync(report, { force: true });
  const pytest = spawn(
    python,
    [
      ...["-m", "pytest", "--rootdir=.", "-p", "no:cacheprovider", `--junitxml=${report}`],
      ...[`--numprocesses=${availableParallelism()}`, "--dist=loadfile", ...files],
    ],
    {
      cwd: root,
      env: { ...jupyterEnvironment, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const [code] = (await once(pytest, "close")) as [number | null];
  const suite = existsSync(report) ? readFileSync(report, "utf8") : "";
  const count = (kind: string) => Number(suite.match(new RegExp(`<testsuite [^>]*\\b${kind}="(\\d+)"`))?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return {
    passed: count("tests") - failed - count("skipped"),
    failed: code === 0 ? failed : Math.max(failed, 1), // a crash of pytest itself counts too
    skipped: count("skipped"),
  };
}
