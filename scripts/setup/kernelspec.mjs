// Tells Jupyter how to start the TypeScript kernel; Jupyter looks for this in its own environment.
//
// Its MALLOC_MMAP_THRESHOLD_ has blocks of a megabyte and more mapped by glibc, wherever they lay otherwise. Without it glibc
// takes them from the heap once a large block has been freed, and TensorFlow, which divides such blocks among its tensors,
// multiplied matrices there at half the speed on an AMD EPYC 7001: figure 6-20, live, took 45 s instead of 22.
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
