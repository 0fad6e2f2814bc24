// Makes the snapshot that the process of TypeScript starts from: at set-up, or when another Node runs than at set-up.
import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { bundle, commandFor, isUsable, noteThatNoneCanBeMade, places, snapshot } from "./command.js";

// Another kernel may make it at the same time.
const partial = `${snapshot}.${process.pid}`;
const { command, parameters, environment } = commandFor([
  "--snapshot-blob",
  partial,
  "--build-snapshot",
  bundle,
  ...places(),
]);
const { status, stderr } = spawnSync(command, parameters, { env: environment, encoding: "utf8", windowsHide: true });
if (status === 0 && isUsable(partial)) {
  renameSync(partial, snapshot);
} else {
  rmSync(partial, { force: true });
  noteThatNoneCanBeMade();
  console.error(`The kernel will start a second later than it could, as there is no snapshot:\n${stderr}`);
}
