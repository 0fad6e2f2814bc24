// Tells Jupyter how to start the TypeScript kernel; Jupyter looks for this in its own environment.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, venv } from "./clone.mjs";
import { writeWhole } from "./step.mjs";

const kernelspec = join(root, "scripts/kernel/kernel.json");
const installed = join(venv, "share/jupyter/kernels/tslab/kernel.json");

/** @type {import("./step.mjs").Step} */
export const kernelspecStep = {
  name: "Jupyter kernel",
  megabytes: 0,
  isDone: () => existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(kernelspec, "utf8"),
  make: async () => writeWhole(installed, readFileSync(kernelspec, "utf8")),
};
