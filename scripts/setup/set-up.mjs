// Installs whatever is missing, inside the clone: `npm run setup`, and the first thing that every other command does.
import { rmSync } from "node:fs";
import { addonStep } from "./addon.mjs";
import { checkBackend, decideBackend, reconsiderBackend } from "./backend.mjs";
import { compilerStep, libraryStep, scriptsStep } from "./builds.mjs";
import { chromiumElsewhere, chromiumStep } from "./chromium.mjs";
import { kernelspecStep } from "./kernelspec.mjs";
import { labExtensionStep } from "./lab-extension.mjs";
import { withLock } from "./lock.mjs";
import { checkMachine } from "./machine.mjs";
import { nodeDevStep, nodeStep } from "./node.mjs";
import { npmCache } from "./npm.mjs";
import { showProgress } from "./progress.mjs";
import { pipCache, pythonDevStep, pythonStep } from "./python.mjs";
import { checkDisk, checkNode, checkWritable } from "./requirements.mjs";
import { SetUpError, remedy } from "./set-up-error.mjs";
import { tensorflowStep } from "./tensorflow.mjs";
import { log, openLog } from "./tool.mjs";
import { unusedStep } from "./unused.mjs";

/**
 * @typedef {import("./commands.mjs").Part} Part
 * @typedef {import("./step.mjs").Step} Step
 */

/** What can be set up, as steps in the order in which they need each other. @type {Record<Part, Step[]>} */
const parts = {
  lab: [
    nodeStep,
    pythonStep,
    unusedStep,
    tensorflowStep,
    addonStep,
    kernelspecStep,
    libraryStep,
    scriptsStep,
    compilerStep,
    labExtensionStep,
  ],
  all: [
    nodeDevStep,
    pythonStep,
    pythonDevStep,
    unusedStep,
    tensorflowStep,
    addonStep,
    chromiumStep,
    kernelspecStep,
    libraryStep,
    scriptsStep,
    compilerStep,
    labExtensionStep,
  ],
};

/**
 * Brings the clone to where a command runs. With nothing to do it only reads a few files. When it cannot go on it says
 * why and ends the process with exit code 1.
 * @param {Part} part  what the command needs
 * @param {{ reconsider?: boolean }} options  whether to look again for what TensorFlow needs if it was missing once
 */
export async function setUp(part, { reconsider = false } = {}) {
  const steps = parts[part];
  try {
    checkNode();
    checkBackend();
    if (reconsider) reconsiderBackend();
    if (missing(steps).length === 0) return;
    checkWritable();
    await withLock(
      () => makeWhatIsMissing(steps),
      () => console.error("Another set-up works in this clone; waiting for it …"),
    );
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

/** Those that are to be made. @param {Step[]} steps */
function missing(steps) {
  return steps.filter((step) => !step.isDone() && (step.isNeeded?.() ?? true));
}

/** @param {Step[]} steps */
async function makeWhatIsMissing(steps) {
  if (missing(steps).length === 0) return; // another set-up has made it in the meantime
  openLog();
  checkMachine();
  if (missing(steps).includes(addonStep)) decideBackend();
  if (steps.includes(chromiumStep) && !chromiumStep.isNeeded()) console.error(chromiumElsewhere);
  const wanted = missing(steps);
  for (const step of wanted) step.requires?.();
  checkDisk(wanted.reduce((sum, step) => sum + step.megabytes, 0));

  if (wanted.length > 0) console.error("Setting up inside the clone:");
  for (const step of steps) {
    // It goes with the Node packages when npm makes these anew.
    if (step === addonStep && missing(steps).includes(step) && !wanted.includes(step)) decideBackend();
    if (!missing(steps).includes(step)) continue; // asked again, as an earlier step may have undone a later one
    const progress = showProgress(step.name);
    try {
      await step.make(progress.report);
      progress.done();
    } catch (error) {
      progress.failed();
      throw error;
    }
  }
  // Kept until here, so that an interrupted set-up goes on from them.
  for (const packages of [npmCache, pipCache]) rmSync(packages, { recursive: true, force: true });
}
