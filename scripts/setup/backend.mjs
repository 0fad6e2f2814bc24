// What trains: TensorFlow, where its libraries exist and a compiler builds the addon for them; elsewhere WebAssembly,
// which needs nothing but Node packages. TRAINING_BACKEND decides otherwise, for one command. What was found out is kept
// until the next `npm run setup`, since looking for a compiler starts processes.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./clone.mjs";
import { tensorflowPlatform, thisMachine } from "./machine.mjs";
import { findCompiler } from "./requirements.mjs";
import { SetUpError } from "./set-up-error.mjs";
import { writeWhole } from "./step.mjs";

/** Holds the reason why set-up goes without TensorFlow, and is there only then. */
const record = join(cache, "without-tensorflow");

const backends = ["tensorflow", "wasm", "cpu"];

/** Refuses a name that the library would refuse later. */
export function checkBackend(forced = process.env.TRAINING_BACKEND) {
  if (forced && !backends.includes(forced))
    throw new SetUpError(`TRAINING_BACKEND is "${forced}", and can be ${backends.join(", ")}; correct it or unset it.`);
}

/** @returns {boolean} whether TensorFlow and its addon belong to set-up, as far as is known without looking around */
export function wantsTensorflow() {
  const forced = process.env.TRAINING_BACKEND;
  return forced ? forced === "tensorflow" : !existsSync(record);
}

/** Looks for what TensorFlow needs. Where it is missing, says so and goes without, or throws if TensorFlow is a must. */
export function decideBackend() {
  const obstacle = obstacleTo(thisMachine(), findCompiler());
  if (!obstacle) return rmSync(record, { force: true });
  if (process.env.TRAINING_BACKEND) throw new SetUpError(`TRAINING_BACKEND is tensorflow, but ${obstacle}.`);
  console.error(`Training will use WebAssembly, several times slower than TensorFlow: ${obstacle}.`);
  writeWhole(record, `${obstacle}\n`);
}

/** Forgets what was found out, so that it is asked again. */
export function reconsiderBackend() {
  rmSync(record, { force: true });
}

/**
 * @param {import("./machine.mjs").Machine} machine
 * @param {string | undefined} compiler
 * @returns {string | undefined} why TensorFlow cannot train on the machine, and what would change that
 */
export function obstacleTo(machine, compiler) {
  if (!tensorflowPlatform(machine))
    return {
      darwin: "there is no TensorFlow 2.21 for Macs with an Intel processor",
      win32: "its addon is not built on Windows; the Windows Subsystem for Linux is a place where it is",
    }[machine.os];
  if (!compiler)
    return (
      "its addon needs a C++ compiler, and neither g++, c++ nor clang++ was found on the PATH; " +
      `install one (${machine.os === "darwin" ? "xcode-select --install" : "on Debian and Ubuntu: apt install g++"}) ` +
      "and run npm run setup"
    );
}
