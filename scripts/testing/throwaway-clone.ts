// @ts-check
// For the tests of set-up: a clone in a temporary folder, with nothing installed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./clone.mjs";

const copied = [
  "package.json",
  "package-lock.json",
  "requirements.txt",
  "tsconfig.json",
  "scripts/setup.mjs",
  "scripts/command-line.mjs",
  "scripts/setup",
  "scripts/kernel/kernel.json",
];

/**
 * @param {import("node:test").TestContext} t  removes the clone when it ends
 * @param {{ borrow?: string[] }} [options]  folders of this clone to link to, instead of installing them
 */
export function throwawayClone(t, { borrow = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "set-up-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of copied) cpSync(join(root, file), join(folder, file), { recursive: true });
  mkdirSync(join(folder, "lib"));
  for (const name of borrow) symlinkSync(join(root, name), join(folder, name));

  /**
   * @param {string[]} args  for node
   * @param {Record<string, string>} [env]
   */
  const start = (args, env = {}) => spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });

  return {
    folder,
    has: (/** @type {string} */ path) => existsSync(join(folder, path)),
    /**
     * Has the project need these Node packages alone.
     * @param {Record<string, { version: string, resolved: string, integrity: string }>} packages
     */
    lockNode(packages) {
      const of = (/** @type {(name: string) => [string, any]} */ entry) =>
        Object.fromEntries(Object.keys(packages).map(entry));
      const project = { name: "few", version: "1.0.0", dependencies: of((name) => [name, packages[name].version]) };
      const locked = { "": project, ...of((name) => [`node_modules/${name}`, packages[name]]) };
      writeFileSync(join(folder, "package.json"), JSON.stringify(project));
      writeFileSync(
        join(folder, "package-lock.json"),
        JSON.stringify({ ...project, lockfileVersion: 3, packages: locked }),
      );
    },
    /** Runs the whole of set-up. @param {Record<string, string>} [env] */
    setUp: (env) => outcome(start(["scripts/setup.mjs"], env)),
    /** Starts one step, like `startStep("python")`. @param {string} name @param {Record<string, string>} [env] */
    startStep: (name, env) =>
      start(
        [
          "--input-type=module",
          "-e",
          script(
            name,
            "await step.make(() => {}).catch((error) => { console.error(error.message); process.exit(1); })",
          ),
        ],
        env,
      ),
    /** Makes one step. @param {string} name @param {Record<string, string>} [env] */
    async makeStep(name, env) {
      return outcome(this.startStep(name, env));
    },
    /** Whether a step counts as done. @param {string} name */
    async isDone(name) {
      const { output } = await outcome(
        start(["--input-type=module", "-e", script(name, "console.log(step.isDone())")]),
      );
      return output.trim() === "true";
    },
  };
}

/** @param {string} name @param {string} code */
function script(name, code) {
  return `const { ${name}Step: step } = await import("./scripts/setup/${name}.mjs"); ${code}`;
}

/** @param {import("node:child_process").ChildProcessWithoutNullStreams} child */
export async function outcome(child) {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  return { code, output };
}
