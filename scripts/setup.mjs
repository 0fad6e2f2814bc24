// @ts-check
// Installs whatever is missing, inside the clone: `npm run setup`, and the first thing that every other command does.
import { fileURLToPath } from "node:url";
import { readCommandLine } from "./command-line.mjs";
import { addonStep } from "./setup/addon.mjs";
import { chromiumStep } from "./setup/chromium.mjs";
import { kernelspecStep } from "./setup/kernelspec.mjs";
import { labExtensionStep } from "./setup/lab-extension.mjs";
import { libraryStep } from "./setup/library.mjs";
import { withLock } from "./setup/lock.mjs";
import { nodeStep } from "./setup/node.mjs";
import { showProgress } from "./setup/progress.mjs";
import { pythonStep } from "./setup/python.mjs";
import { checkDisk, checkMachine, checkNode, checkWritable } from "./setup/requirements.mjs";
import { SetUpError, remedy } from "./setup/set-up-error.mjs";
import { tensorflowStep } from "./setup/tensorflow.mjs";
import { log, openLog } from "./setup/tool.mjs";

const usage = `Installs what is missing, inside the clone: Node and Python packages, TensorFlow, Chromium, the kernel, JupyterLab's
extension. Every other command does the same first.

  npm run setup`;

/** In the order in which they need each other. @type {import("./setup/step.mjs").Step[]} */
const steps = [
  nodeStep,
  pythonStep,
  tensorflowStep,
  addonStep,
  chromiumStep,
  kernelspecStep,
  libraryStep,
  labExtensionStep,
];

/**
 * Brings the clone to where everything runs. With nothing to do it only reads a few files. When it cannot go on it says
 * why and ends the process with exit code 1.
 */
export async function setUp() {
  try {
    checkNode();
    if (steps.every((step) => step.isDone())) return;
    checkWritable();
    await withLock(makeWhatIsMissing, () => console.error("Another set-up works in this clone; waiting for it …"));
  } catch (error) {
    const cure = remedy(String(error));
    if (error instanceof SetUpError) explain(error);
    else if (cure) explain(new SetUpError(`Set-up failed: ${cure}.`));
    else throw error;
    process.exit(1);
  }
}

/** @param {SetUpError} error */
function explain({ message, details }) {
  console.error(`\n${message}`);
  if (details) console.error(`\n${details.replace(/^/gm, "  | ")}\n\nThe whole log: ${log}`);
}

async function makeWhatIsMissing() {
  const missing = steps.filter((step) => !step.isDone());
  if (missing.length === 0) return; // another set-up has made it in the meantime
  openLog();
  checkMachine();
  for (const step of missing) step.requires?.();
  checkDisk(missing.reduce((sum, step) => sum + step.megabytes, 0));

  console.error("Setting up inside the clone:");
  for (const step of steps) {
    if (step.isDone()) continue; // asked again, as an earlier step may have undone a later one
    const progress = showProgress(step.name);
    try {
      await step.make(progress.report);
      progress.done();
    } catch (error) {
      progress.failed();
      throw error;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  readCommandLine(usage);
  await setUp();
  console.log("Set up. Next: npm run notebooks, npm test or npm run lab.");
}
