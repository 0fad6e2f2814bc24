// @ts-check
// What has to be on the machine before set-up. Each check throws one sentence that says what is missing and what to do.
import { spawnSync } from "node:child_process";
import { accessSync, constants, statfsSync } from "node:fs";
import { root } from "./clone.mjs";
import { SetUpError } from "./set-up-error.mjs";

/** @param {string} version  as in process.versions.node */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  if (major < 20 || major > 22 || (major === 20 && minor < 17))
    throw new SetUpError(
      `Node ${version} does not run this project: tfjs-node 4.22 and tslab 1.0 need Node 20 (20.17 or later) or 22; ` +
        "install one of these and run the same command again.",
    );
}

/**
 * The libraries of TensorFlow and Chromium are built for Linux on x86-64 with glibc.
 * @param {{ os: string, arch: string, glibc: string | undefined }} machine
 */
export function checkMachine(machine = thisMachine()) {
  const [major, minor] = (machine.glibc ?? "0.0").split(".").map(Number);
  if (machine.os !== "linux" || machine.arch !== "x64" || major < 2 || (major === 2 && minor < 34))
    throw new SetUpError(
      "This project runs on Linux for x86-64 with glibc 2.34 or newer (Debian 12, Ubuntu 22.04), because the pinned " +
        `TensorFlow and Chromium libraries are built for it; this machine is ${machine.os} ${machine.arch} with ` +
        `${machine.glibc ? `glibc ${machine.glibc}` : "no glibc"}. Use such a machine or container.`,
    );
}

function thisMachine() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    Object.assign(process.report, { excludeNetwork: true }).getReport()
  );
  return { os: process.platform, arch: process.arch, glibc: report.header.glibcVersionRuntime };
}

export function checkWritable() {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new SetUpError(
      `The folder ${root} cannot be written to, and set-up installs everything inside it; ` +
        "make it writable or clone the project elsewhere.",
    );
  }
}

/**
 * @param {number} megabytes  what set-up still has to install
 * @param {number} free       what the disk has left, in megabytes
 */
export function checkDisk(megabytes, free = freeMegabytes()) {
  if (free < megabytes)
    throw new SetUpError(
      `Set-up needs ${megabytes} MB of disk space in ${root} and only ${Math.floor(free)} MB are free; ` +
        "free some space and run the same command again.",
    );
}

function freeMegabytes() {
  const { bavail, bsize } = statfsSync(root);
  return (bavail * bsize) / 1e6;
}

/**
 * @param {string[]} names
 * @returns {string} the command of a Python 3.11 or newer that can make virtual environments
 */
export function findPython(names = ["python3.11", "python3", "python3.12", "python3.13", "python3.14", "python"]) {
  /** @type {string[]} */
  const unfit = [];
  for (const name of names) {
    const asked = spawnSync(name, ["-c", "import sys; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip"], {
      encoding: "utf8",
    });
    const version = asked.stdout?.trim();
    if (!version) continue;
    const [major, minor] = version.split(".").map(Number);
    if (major < 3 || minor < 11) unfit.push(`${name} is ${version}`);
    else if (asked.status !== 0)
      unfit.push(`${name} (${version}) has no venv module: on Debian and Ubuntu, apt install python${version}-venv`);
    else return name;
  }
  const found = unfit.length ? `found only: ${unfit.join("; ")}` : "none was found on the PATH";
  throw new SetUpError(
    `Python 3.11 or newer with its venv module is needed, and ${found}. ` +
      "Install it (on Debian: apt install python3 python3-venv) and run the same command again.",
  );
}

/** @returns {string} the command of a C++ compiler */
export function findCompiler() {
  for (const name of [process.env.CXX, "g++", "c++", "clang++"])
    if (name && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0) return name;
  throw new SetUpError(
    "A C++ compiler is needed to build the TensorFlow addon, and neither g++, c++ nor clang++ was found on the PATH. " +
      "Install one (on Debian: apt install g++) and run the same command again.",
  );
}
