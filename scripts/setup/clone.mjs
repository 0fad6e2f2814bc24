// Paths. Everything that set-up installs goes inside the clone.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The absolute path of the clone, without a trailing slash. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** Downloads, unpacked archives and the set-up log. */
export const cache = join(root, ".cache");

/** The Python environment with JupyterLab and nbconvert. */
export const venv = join(root, ".venv");

/** The folder of its programs. */
export const venvPrograms = join(venv, process.platform === "win32" ? "Scripts" : "bin");

export const nodeModules = join(root, "node_modules");

/** The compiled library that cells import. */
export const libraryBuild = join(root, "lib", "dist");
