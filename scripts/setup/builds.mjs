// Compiles the TypeScript: lib/ to lib/dist, which the notebooks' cells import, and scripts/ to scripts/dist.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, root } from "./clone.mjs";
import { nodeDevStep } from "./node.mjs";
import { SetUpError } from "./set-up-error.mjs";
import { stampedStep } from "./step.mjs";
import { runTool } from "./tool.mjs";

// Tests and the commands for pages need packages of their own; without these, only the rest is compiled.
export const libraryStep = buildStep({
  name: "Library build",
  folder: "lib",
  whole: ["--project", "tsconfig.json"],
  runtime: ["--project", "tsconfig.runtime.json"],
  settings: ["tsconfig.json", "tsconfig.runtime.json"],
});
export const scriptsStep = buildStep({
  name: "Scripts build",
  folder: "scripts",
  whole: ["--build", "scripts/tsconfig.json"],
  runtime: ["--build", "scripts/tsconfig.runtime.json"],
  settings: [
    "tsconfig.json",
    "tsconfig.runtime.json",
    ...[
      "tsconfig.json",
      "tsconfig.runtime.json",
      "setup/tsconfig.json",
      "render/theme/tsconfig.json",
      "package.json",
    ].map((file) => `scripts/${file}`),
  ],
});

/**
 * The kernel's process of TypeScript: in one file, since Node looks through the nine megabytes of TypeScript for what
 * they are and export if they are imported; and as a snapshot of that process when it has read its declarations.
 */
export const compilerStep = stampedStep({
  name: "Kernel's compiler",
  megabytes: 60,
  stamp: join(root, "scripts/dist/kernel/.stamp"),
  inputs: () => {
    const sources = ["compiler", "language"].map((room) => join(root, "scripts/kernel", room));
    return [
      process.version,
      readFileSync(join(root, "package-lock.json")),
      ...sources.flatMap((folder) => sourceFiles(folder).flatMap((file) => [file, readFileSync(join(folder, file))])),
    ];
  },
  async make() {
    const dist = join(root, "scripts/dist/kernel");
    for (const file of readdirSync(dist)) if (file.endsWith(".snapshot")) rmSync(join(dist, file));
    const options = ["--bundle", "--format=cjs", "--platform=node", "--log-level=warning"];
    await runTool(
      process.execPath,
      [
        join(nodeModules, "esbuild/bin/esbuild"),
        join(dist, "language/main.js"),
        ...options,
        `--outfile=${join(dist, "language.cjs")}`,
      ],
      { doing: "Bundling the kernel's compiler" },
    );
    await runTool(process.execPath, [join(dist, "language/make-snapshot.js")], { doing: "Warming the compiler up" });
  },
});

/**
 * @param {object} build
 * @param {string} build.name
 * @param {string} build.folder  in the clone, compiled to its `dist`
 * @param {string[]} build.whole  arguments of tsc if all packages are installed
 * @param {string[]} build.runtime  those without the packages for pages and tests
 * @param {string[]} build.settings  other files that the result depends on
 */
function buildStep({ name, folder, whole, runtime, settings }) {
  const sources = join(root, folder);
  const dist = join(sources, "dist");
  const options = () => (nodeDevStep.isDone() ? whole : runtime);
  return stampedStep({
    name,
    megabytes: 10,
    stamp: join(dist, ".stamp"),
    inputs: () => [
      ...options(),
      ...[...settings, "package-lock.json"].map((file) => readFileSync(join(root, file))),
      ...sourceFiles(sources).flatMap((file) => [file, readFileSync(join(sources, file))]),
    ],
    async make() {
      // From scratch: what tsc remembers of an earlier build keeps errors that another version of a package caused.
      rmSync(join(dist, ".tsbuildinfo"), { force: true });
      /** @type {string[]} */
      const errors = [];
      const tsc = join(nodeModules, "typescript/bin/tsc");
      const onLine = (/** @type {string} */ line) => errors.push(line);
      try {
        await runTool(process.execPath, [tsc, ...options(), "--pretty", "false"], {
          doing: `Building ${folder}/`,
          onLine,
        });
      } catch (error) {
        if (!errors.some((line) => line.includes("error TS"))) throw error;
        throw new SetUpError(
          `There are TypeScript errors in ${folder}/; correct them and run the same command again.`,
          errors.slice(0, 20).join("\n"),
        );
      }
      removeOrphans(sources, dist);
    },
  });
}

/** TypeScript sources in a folder, sorted. @param {string} folder */
function sourceFiles(folder) {
  return filesIn(folder).filter((file) => file.endsWith(".ts") && !file.startsWith("dist/"));
}

/**
 * Removes the output of sources that are gone: stale tests would still run.
 * @param {string} sources
 * @param {string} dist
 */
function removeOrphans(sources, dist) {
  for (const file of filesIn(dist)) {
    const [, stem] = file.match(/(.*?)(\.js|\.js\.map|\.d\.ts)$/) ?? [];
    if (stem && !existsSync(join(sources, `${stem}.ts`))) rmSync(join(dist, file));
  }
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}
