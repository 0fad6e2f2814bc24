// @ts-check
// lib/ compiled to lib/dist, which is what the notebooks' cells import.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { libraryBuild, nodeModules, root } from "./clone.mjs";
import { SetUpError } from "./set-up-error.mjs";
import { stampedStep } from "./step.mjs";
import { runTool } from "./tool.mjs";

const lib = join(root, "lib");

export const libraryStep = stampedStep({
  name: "Library build",
  megabytes: 10,
  stamp: join(libraryBuild, ".stamp"),
  inputs: () => [
    ...["tsconfig.json", "package-lock.json"].map((file) => readFileSync(join(root, file))),
    ...sourceFiles().flatMap((file) => [file, readFileSync(join(lib, file))]),
  ],
  async make() {
    // From scratch: what tsc remembers of an earlier build keeps errors that another version of a package caused.
    rmSync(join(libraryBuild, ".tsbuildinfo"), { force: true });
    /** @type {string[]} */
    const errors = [];
    try {
      await runTool(
        process.execPath,
        [join(nodeModules, "typescript/bin/tsc"), "--project", root, "--pretty", "false"],
        {
          doing: "Building the library",
          onLine: (line) => errors.push(line),
        },
      );
    } catch (error) {
      if (!errors.some((line) => line.includes("error TS"))) throw error;
      throw new SetUpError(
        "The library in lib/ has TypeScript errors; correct them and run the same command again.",
        errors.slice(0, 20).join("\n"),
      );
    }
    removeOrphans();
  },
});

/** Paths below lib/, sorted. */
function sourceFiles() {
  return filesIn(lib).filter((file) => file.endsWith(".ts") && !file.startsWith("dist/"));
}

/** Removes what was compiled from files that are gone: a test among it would still be run. */
function removeOrphans() {
  for (const file of filesIn(libraryBuild)) {
    const [, stem] = file.match(/(.*?)(\.js|\.js\.map|\.d\.ts)$/) ?? [];
    if (stem && !existsSync(join(lib, `${stem}.ts`))) rmSync(join(libraryBuild, file));
  }
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}
