// npm run check: checks the code without running it.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { nodeModules, root } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";
import { python } from "#setup/python.mjs";

interface Check {
  name: string;
  command: string[];
}

export default async function check({ fix }: { fix: boolean }): Promise<void> {
  const waiting = checks(fix);
  const failed: string[] = [];
  const checkWaiting = async () => {
    for (let next; (next = waiting.shift());) if (!(await passes(next))) failed.push(next.name);
  };
  await Promise.all(Array.from({ length: fix ? 1 : availableParallelism() }, checkWaiting));
  if (failed.length > 0)
    throw new CommandError(
      `\nFailed: ${failed.join(", ")}. npm run check -- --fix corrects what can be corrected automatically.`,
    );
}

/** The slowest first: one check runs on each processor. */
function checks(fix: boolean): Check[] {
  const node = (program: string, ...args: string[]) => [process.execPath, join(nodeModules, program), ...args];
  const ruff = (...args: string[]) => [python, "-I", "-m", "ruff", ...args];
  return [
    { name: "eslint", command: node("eslint/bin/eslint.js", ".", ...(fix ? ["--fix"] : [])) },
    { name: "types", command: node("typescript/bin/tsc", "--build", "scripts", "--pretty", "false") },
    {
      name: "types of JupyterLab's extension",
      command: node("typescript/bin/tsc", "--project", "scripts/lab/extension", "--noEmit"),
    },
    {
      name: "prettier",
      command: node("prettier/bin/prettier.cjs", "--log-level=warn", fix ? "--write" : "--check", "."),
    },
    { name: "knip", command: node("knip/bin/knip.js", "--no-progress") },
    { name: "ruff", command: ruff("check", "--quiet", ...(fix ? ["--fix"] : [])) },
    { name: "ruff's format", command: ruff("format", "--quiet", ...(fix ? [] : ["--diff"])) },
  ];
}

async function passes({ name, command: [program, ...args] }: Check): Promise<boolean> {
  const start = performance.now();
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  console.log(`${code === 0 ? "✓" : "✗"} ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  if (code !== 0) console.error(output.trim().replace(/^/gm, "  "));
  return code === 0;
}
