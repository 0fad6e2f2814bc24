// What installed packages bring along and nothing here loads: half of their size.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nodeModules, venv } from "./clone.mjs";
import { stampedStep } from "./step.mjs";

/**
 * Files, by their paths inside the folder of packages, and why nothing loads them.
 * @typedef {[RegExp, string][]} Unused
 */

/** In node_modules. @type {Unused} */
export const unusedOfNode = [
  [/\.map$/, "source maps, for debugging the packages"],
  [/^@tensorflow\/.*_test\.(js|d\.ts)$/, "the tests of TensorFlow.js"],
  [
    /^@tensorflow\/[^/]+\/dist\/(miniprogram\/|tf(-[a-z]+)*(\.es2017|\.fesm)?(\.min)?\.js(\.html)?$)/,
    "its bundles for browsers: Node loads tf*.node.js, and a bundler would the modules",
  ],
  [/^core-js\/(?!package\.json$)/, "for the old browsers among these"],
  [/^mnist\/dist\//, "the digits once more, for browsers"],
  [
    new RegExp(`^zeromq/build/(?!manifest\\.json$|${process.platform}/${process.arch}/)`),
    "the addon for other platforms",
  ],
  [/^@libsql\/.*-musl\/index\.node$/, "the addon for another C library"],
  [/^zod\/src\//, "sources, compiled beside them"],
];

/** In .venv. @type {Unused} */
const unusedOfPython = [
  [/\.map$/, "source maps, for debugging JupyterLab"],
  [/\/site-packages\/(numpy|tornado)\/(.*\/)?tests?\//, "their tests"],
  [/\/site-packages\/babel\/locale-data\/(?!en|root)/, "languages that JupyterLab does not come in"],
  [/\/site-packages\/jedi\/third_party\/(typeshed\/stubs|django-stubs)\//, "to complete names of packages not here"],
  [/\/site-packages\/jupyterlab\/galata\//, "tests of JupyterLab's extensions"],
  [/\/site-packages\/jupyterlab\/static\//, "a second copy of share/jupyter/lab/static"],
  [/\/site-packages\/widgetsnbextension\/static\/|\/jupyter\/nbextensions\//, "for the classic notebook"],
];

/** @type {import("./step.mjs").Step} */
export const unusedStep = stampedStep({
  name: "Removal of what is not used",
  megabytes: 0,
  stamp: join(nodeModules, ".unused"),
  // Done again when the packages are others.
  inputs: () => [
    ...[...unusedOfNode, ...unusedOfPython].map(([pattern]) => String(pattern)),
    ...[join(nodeModules, ".package-lock.json"), join(venv, ".stamp"), join(venv, ".stamp-dev")].map((file) =>
      existsSync(file) ? readFileSync(file) : "missing",
    ),
  ],
  async make() {
    removeUnused(nodeModules, unusedOfNode);
    removeUnused(venv, unusedOfPython);
  },
});

/**
 * Removes files; their folders stay. Links are not followed.
 * @param {string} folder  with the packages
 * @param {Unused} unused
 * @param {string} [path]  a folder in it, with a slash at its end
 */
export function removeUnused(folder, unused, path = "") {
  for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
    const inside = path + entry.name;
    if (entry.isDirectory()) removeUnused(folder, unused, `${inside}/`);
    else if (unused.some(([pattern]) => pattern.test(inside))) rmSync(join(folder, inside));
  }
}
