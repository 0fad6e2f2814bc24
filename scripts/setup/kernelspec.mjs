// Tells Jupyter how to start the TypeScript kernel; Jupyter looks for this in its own environment.
//
// MALLOC_MMAP_THRESHOLD_ makes glibc map every block of a megabyte or more. Otherwise it raises that threshold once a large
// block has been freed, and takes later ones from the heap. There TensorFlow, which carves its tensors out of such blocks,
// multiplied matrices at half the speed on an AMD EPYC 7001: figure 6-20, live, took 45 s instead of 22.
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
