// Tells Jupyter how to start the TypeScript kernel; Jupyter looks for this in its own environment.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, venv } from "./clone.mjs";
import { writeWhole } from "./step.mjs";

// The young generation's size differs from one Node to the next; the kernel takes it off the heap's limit (main.ts).
const FLAGS = ["--no-force-async-hooks-checks", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=16"];

/**
 * A kernel.json with whole paths, and the Node that set-up runs on: not every client knows where the specification lies, or has this
 * Node on its PATH. If the clone or Node is another, set-up writes it anew.
 *
 * MALLOC_MMAP_THRESHOLD_ makes glibc map every block of a megabyte or more. Otherwise it raises that threshold once a
 * large block has been freed, and takes later ones from the heap. There TensorFlow, which carves its tensors out of such
 * blocks, multiplied matrices at half the speed on an AMD EPYC 7001: figure 6-20, live, took 45 s instead of 22.
 */
export function kernelspecText() {
  const command = [process.execPath, ...FLAGS, join(root, "scripts/dist/kernel/main.js"), "{connection_file}"];
  const spec = {
    // Windows has no shell that every machine has, nor the pipes that start.sh makes.
    argv: process.platform === "win32" ? command : ["/bin/sh", join(root, "scripts/kernel/start.sh"), ...command],
    display_name: "TypeScript",
    language: "typescript",
    env: { MALLOC_MMAP_THRESHOLD_: "1048576" },
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
  return `${JSON.stringify(spec, undefined, 2)}\n`;
}

const installed = join(venv, "share/jupyter/kernels/tslab/kernel.json");

/** @type {import("./step.mjs").Step} */
export const kernelspecStep = {
  name: "Jupyter kernel",
  megabytes: 0,
  isDone: () => existsSync(installed) && readFileSync(installed, "utf8") === kernelspecText(),
  make: async () => writeWhole(installed, kernelspecText()),
};
