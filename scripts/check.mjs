// @ts-check
// npm run check: what can be said of the code without running it. The library's own types are checked as set-up builds it.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readCommandLine } from "./command-line.mjs";
import { setUp } from "./setup.mjs";
import { nodeModules, root, venv } from "./setup/clone.mjs";

const usage = `Checks the code without running it: types, promises that nobody waits for, imports against the order of the rooms,
unused files, exports and packages, and the form of every file.

  npm run check            tells what is wrong, with file and line
  npm run check -- --fix   mends what a program can mend`;

const { values } = readCommandLine(usage, { options: { fix: { type: "boolean", default: false } } });

const node = (/** @type {string} */ program, /** @type {string[]} */ ...args) => [
  process.execPath,
  join(nodeModules, program),
  ...args,
];
const ruff = join(venv, "bin/ruff");
const only = (/** @type {string} */ option) => (values.fix ? [] : [option]);

/** The slowest first: as many run at a time as there are processors. @type {[name: string, command: string[]][]} */
const checks = [
  ["eslint", node("eslint/bin/eslint.js", ".", ...(values.fix ? ["--fix"] : []))],
  ["types of the scripts", node("typescript/bin/tsc", "--project", "scripts", "--pretty", "false")],
  ["prettier", node("prettier/bin/prettier.cjs", "--log-level=warn", values.fix ? "--write" : "--check", ".")],
  ["types of JupyterLab's extension", node("typescript/bin/tsc", "--project", "scripts/lab/extension", "--noEmit")],
  ["knip", node("knip/bin/knip.js", "--no-progress")],
  ["ruff", [ruff, "check", "--quiet", ...(values.fix ? ["--fix"] : [])]],
  ["ruff's format", [ruff, "format", "--quiet", ...only("--diff")]],
];

await setUp();
const waiting = [...checks];
/** @type {string[]} */
const failed = [];
await Promise.all(
  Array.from({ length: values.fix ? 1 : availableParallelism() }, async () => {
    for (let next; (next = waiting.shift());) await check(...next);
  }),
);
if (failed.length > 0) console.error(`\nFailed: ${failed.join(", ")}. npm run check -- --fix mends the form.`);
process.exit(failed.length > 0 ? 1 : 0);

/** @param {string} name @param {string[]} command */
async function check(name, [program, ...args]) {
  const start = performance.now();
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  console.log(`${code === 0 ? "✓" : "✗"} ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  if (code === 0) return;
  failed.push(name);
  console.error(output.trim().replace(/^/gm, "  "));
}
