// @ts-check
// Tells Jupyter how to start the TypeScript kernel; it looks for this in its own environment.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, venv } from "./clone.mjs";
import { writeWhole } from "./step.mjs";

const file = join(venv, "share/jupyter/kernels/tslab/kernel.json");

const kernelspec = {
  display_name: "TypeScript",
  language: "typescript",
  argv: [process.execPath, join(root, "scripts/kernel/main.mjs"), "{connection_file}"],
  interrupt_mode: "message",
};
const text = `${JSON.stringify(kernelspec, null, 2)}\n`;

/** @type {import("./step.mjs").Step} */
export const kernelspecStep = {
  name: "Jupyter kernel",
  megabytes: 0,
  isDone: () => existsSync(file) && readFileSync(file, "utf8") === text,
  make: async () => writeWhole(file, text),
};
