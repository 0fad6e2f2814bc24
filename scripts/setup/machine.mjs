// What can run on which machine: processor, operating system, C library.
import { SetUpError } from "./set-up-error.mjs";

/**
 * @typedef {object} Machine
 * @property {string} os     as in process.platform
 * @property {string} arch   as in process.arch
 * @property {string} [glibc]  the version of the C library, if it is glibc
 */

/** @returns {Machine} */
export function thisMachine() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (
    Object.assign(process.report, { excludeNetwork: true }).getReport()
  );
  return { os: process.platform, arch: process.arch, glibc: report.header.glibcVersionRuntime };
}

/** Those for which Node and Python packages come compiled. @type {Record<string, string[]>} */
const supported = { linux: ["x64", "arm64"], darwin: ["x64", "arm64"], win32: ["x64"] };

/**
 * Throws where the pinned packages do not run, whatever trains.
 * @param {Machine} machine
 */
export function checkMachine({ os, arch, glibc } = thisMachine()) {
  if (["ia32", "arm", "mips", "mipsel"].includes(arch))
    throw new SetUpError(
      `This Node is a 32-bit one (${arch}), and the pinned packages come compiled for 64 bits only; ` +
        "install a 64-bit Node and Python, on a 64-bit system, and run the same command again.",
    );
  if (!supported[os]?.includes(arch))
    throw new SetUpError(
      `The pinned packages come compiled for Linux and macOS on x64 and arm64, and for Windows on x64, not for ${os} on ` +
        `${arch}; use such a machine or container${os === "win32" ? ", or the Node and Python for x64" : ""}.`,
    );
  if (os !== "linux") return;
  if (!glibc)
    throw new SetUpError(
      "This Linux has another C library than glibc (Alpine has musl), and the pinned packages are compiled for glibc; " +
        "use Debian, Ubuntu or another Linux that has it, or a container made from the Dockerfile.",
    );
  if (isOlder(glibc, "2.28"))
    throw new SetUpError(
      `This Linux has glibc ${glibc}, and the pinned packages are compiled for 2.28 or newer; ` +
        "use Debian 11, Ubuntu 20.04 or a newer Linux, or a container made from the Dockerfile.",
    );
}

/** @param {string} version @param {string} than */
export function isOlder(version, than) {
  const [[major, minor], [otherMajor, otherMinor]] = [version, than].map((text) => text.split(".").map(Number));
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

/** TensorFlow's wheels with the libraries that the addon is built against, as pip names their platforms. */
const tensorflowPlatforms = new Map([
  ["linux x64", "manylinux_2_27_x86_64"],
  ["linux arm64", "manylinux_2_27_aarch64"],
  ["darwin arm64", "macosx_12_0_arm64"],
]);

/**
 * @param {Machine} machine
 * @returns {string | undefined} the platform of TensorFlow's wheel; undefined where there is none to build against
 */
export function tensorflowPlatform({ os, arch }) {
  return tensorflowPlatforms.get(`${os} ${arch}`);
}
