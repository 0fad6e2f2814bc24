// What the machine must have before set-up. Each check throws one sentence that says what is missing and what to do.
import { spawnSync } from "node:child_process";
import { accessSync, constants, statfsSync } from "node:fs";
import { root } from "./clone.mjs";
import { SetUpError } from "./set-up-error.mjs";

/**
 * The lines of Node that this project is tested on, by their major number: the first minor of each. From 20.19 and 22.12
 * on, CommonJS can require an ES module (d3-array is one).
 */
const nodes = { 20: 19, 22: 12, 24: 0, 26: 0 };

/** @param {string} version  as in process.versions.node */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  if (Object.entries(nodes).some(([line, first]) => major === Number(line) && minor >= first)) return;
  throw new SetUpError(
    `Node ${version} does not run this project: it is tested on Node 20 (20.19 or later), 22 (22.12 or later), 24 and 26; ` +
      "install one of these and run the same command again.",
  );
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

/** Minor versions of Python 3 that requirements.txt is made for and checked on. */
const pythons = { oldest: 11, newest: 14 };

/** Prints version, ABI and the modules that are missing; old Pythons understand it too. */
const introduction = `
import sys, sysconfig
print("%d.%d.%d" % sys.version_info[:3])
print(sysconfig.get_config_var("SOABI") or sysconfig.get_config_var("EXT_SUFFIX"))
for module in "ssl", "zlib", "venv", "ensurepip":
    try: __import__(module)
    except ImportError: print(module)
`;

/** @returns {string} the command of a suitable Python, the active one if possible */
export function findPython() {
  const minors = Array.from({ length: pythons.newest - pythons.oldest + 1 }, (_, i) => pythons.oldest + i);
  /** Names of commands by what is wrong with them. @type {Map<string, string[]>} */
  const unfit = new Map();
  for (const name of ["python3", "python", ...minors.map((minor) => `python3.${minor}`)]) {
    const asked = askPython(name);
    if (!asked) continue;
    const { fault } = asked;
    if (!fault) return name;
    unfit.set(fault, [...(unfit.get(fault) ?? []), name]);
  }
  const found = [...unfit].map(([fault, names]) => `${names.join(" and ")} ${fault}`).join("; ");
  throw new SetUpError(
    `A Python from 3.${pythons.oldest} to 3.${pythons.newest} is needed, and ` +
      `${found ? `none of those on the PATH fits: ${found}` : "none was found on the PATH"}. ` +
      "Install one (on Debian 12, Ubuntu 24.04 and later ones: apt install python3 python3-venv; " +
      "where these bring an older one, from python.org or with pyenv or uv) and run the same command again.",
  );
}

/**
 * @param {string} command
 * @returns {{ version?: string, fault?: string } | undefined} what is wrong with that Python, worded to follow its
 *   name; undefined if there is no such command
 */
export function askPython(command) {
  const { error, stdout, stderr } = spawnSync(command, ["-Es", "-c", introduction], { cwd: root, encoding: "utf8" });
  if (error)
    return "code" in error && error.code === "ENOENT" ? undefined : { fault: `does not run (${error.message})` };
  const [version, abi, ...missing] = stdout.trim().split("\n");
  if (!/^\d/.test(version))
    return { fault: `does not run (${(stderr.trim() || stdout.trim()).split("\n")[0] || "it prints nothing"})` };
  return { version, fault: faultOfPython(version, abi, missing) };
}

/**
 * The ABI of CPython by system and processor. Not those of PyPy, nor of free-threaded, 32-bit or musl builds, for which
 * many packages have no wheels. On Windows it is in the ending of modules' names.
 * @type {Record<string, RegExp>}
 */
const abis = {
  "linux x64": /^cpython-\d+d?-x86_64-linux-gnu$/,
  "linux arm64": /^cpython-\d+d?-aarch64-linux-gnu$/,
  "darwin x64": /^cpython-\d+d?-darwin$/,
  "darwin arm64": /^cpython-\d+d?-darwin$/,
  "win32 x64": /^\.cp\d+-win_amd64\.pyd$/,
};

/**
 * @param {string} version
 * @param {string} abi
 * @param {string[]} missing  modules
 * @param {string} machine
 */
export function faultOfPython(version, abi, missing, machine = `${process.platform} ${process.arch}`) {
  const [major, minor] = version.split(".").map(Number);
  if (major < 3 || minor < pythons.oldest) return `is ${version}, too old`;
  if (major > 3 || minor > pythons.newest) return `is ${version}, newer than the pinned packages were made for`;
  if (!abis[machine]?.test(abi))
    return (
      `(${version}) is a build for ${abi}, and the pinned packages are for CPython on ${machine}` +
      (machine.startsWith("linux") ? " with glibc" : "")
    );
  if (missing.includes("ssl") || missing.includes("zlib"))
    return `(${version}) was built without ${missing.join(" and ")}, and so cannot download or unpack packages`;
  if (missing.length > 0)
    return (
      `(${version}) has no ${missing.join(" and ")}, which makes virtual environments: ` +
      `on Debian and Ubuntu, apt install python3.${minor}-venv`
    );
}

/** @returns {string | undefined} the command of a C++ compiler */
export function findCompiler() {
  return [process.env.CXX, "g++", "c++", "clang++"].find(
    (name) => name && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
  );
}
