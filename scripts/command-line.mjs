// @ts-check
import { parseArgs } from "node:util";

/**
 * Reads what was typed after the command. `--help` prints the usage and ends the process, and so does, with exit code 1,
 * an option that does not exist.
 * @param {string} usage
 * @param {{ options?: import("node:util").ParseArgsConfig["options"], allowPositionals?: boolean }} [allowed]
 * @returns {{ values: Record<string, any>, positionals: string[] }}
 */
export function readCommandLine(usage, { options, allowPositionals = false } = {}) {
  try {
    const help = /** @type {const} */ ({ help: { type: "boolean", short: "h" } });
    const read = parseArgs({ options: { ...options, ...help }, allowPositionals });
    if (!read.values.help) return read;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(1);
  }
  console.log(usage);
  process.exit();
}
