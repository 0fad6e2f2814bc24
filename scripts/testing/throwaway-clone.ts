// A clone in a temporary folder with nothing installed, for tests of set-up.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { root } from "#setup/clone.mjs";
import { outcome } from "./outcome.js";

const copied = [
  "package.json",
  "package-lock.json",
  "requirements.txt",
  "tsconfig.json",
  "tsconfig.runtime.json",
  "scripts/cli.mjs",
  "scripts/package.json",
  "scripts/tsconfig.json",
  "scripts/tsconfig.runtime.json",
  "scripts/render/theme",
  "scripts/setup",
];

/** The modules of the steps that share one. */
const modules: Record<string, string> = { library: "builds", nodeDev: "node", pythonDev: "python", scripts: "builds" };

type Environment = Record<string, string>;

/** A Node package as package-lock.json pins it. */
interface LockedPackage {
  version: string;
  resolved: string;
  integrity: string;
}

/**
 * @param t  the test, which removes the clone when it ends
 * @param options  `borrow`: folders of this clone to link to, instead of installing them
 */
export function throwawayClone(t: TestContext, { borrow = [] }: { borrow?: string[] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "set-up-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const isTest = (file: string) => file.endsWith(".test.ts");
  for (const file of copied)
    cpSync(join(root, file), join(folder, file), { recursive: true, filter: (source) => !isTest(source) });
  mkdirSync(join(folder, "lib"));
  for (const name of borrow) symlinkSync(join(root, name), join(folder, name));

  const start = (nodeArguments: string[], env: Environment = {}): ChildProcessWithoutNullStreams =>
    spawn(process.execPath, nodeArguments, { cwd: folder, env: { ...process.env, ...env } });
  /** Runs code with `step` in scope. */
  const startWith = (name: string, code: string, env?: Environment) =>
    start(
      [
        "--input-type=module",
        "-e",
        `const { ${name}Step: step } = await import("./scripts/setup/${modules[name] ?? name}.mjs"); ${code}`,
      ],
      env,
    );
  const startStep = (name: string, env?: Environment) =>
    startWith(
      name,
      "await step.make(() => {}).catch((error) => { console.error(error.message, error.details ?? ''); process.exit(1); })",
      env,
    );

  return {
    folder,
    has: (path: string) => existsSync(join(folder, path)),
    /** Makes these the only Node packages of the project. */
    lockNode(packages: Record<string, LockedPackage>) {
      const names = Object.keys(packages);
      const dependencies = Object.fromEntries(names.map((name) => [name, packages[name].version]));
      const project = { name: "few", version: "1.0.0", dependencies };
      const locked = {
        "": project,
        ...Object.fromEntries(names.map((name) => [`node_modules/${name}`, packages[name]])),
      };
      writeFileSync(join(folder, "package.json"), JSON.stringify(project));
      writeFileSync(
        join(folder, "package-lock.json"),
        JSON.stringify({ ...project, lockfileVersion: 3, packages: locked }),
      );
    },
    /** Runs a command as far as set-up goes, by default the one that is nothing else. */
    setUp: (env?: Environment, command = "setup") => outcome(start(["scripts/cli.mjs", command], env)),
    /** Starts one step, like `startStep("python")`. */
    startStep,
    /** Makes one step. */
    makeStep: (name: string, env?: Environment) => outcome(startStep(name, env)),
    /** Whether a step counts as done. */
    async isDone(name: string): Promise<boolean> {
      const { output } = await outcome(startWith(name, "console.log(step.isDone())"));
      return output.trim() === "true";
    },
  };
}
