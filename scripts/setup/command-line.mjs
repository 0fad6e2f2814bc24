import { parseArgs } from "node:util";

/**
 * A command's arguments, as parsed by `parseArgs`.
 * @typedef {{ values: Record<string, any>, positionals: string[] }} Request
 */

/** Ends a command with exit code 1 and this message, perhaps followed by the usage. */
export class CommandError extends Error {
  /** @param {string} message @param {{ showUsage?: boolean }} [options] */
  constructor(message, { showUsage = false } = {}) {
    super(message);
    this.showUsage = showUsage;
  }
}

/**
 * Parses what was typed after a command.
 * @param {import("./commands.mjs").Command} command
 * @param {string[]} words
 * @returns {Request | "help"}
 * @throws CommandError when an option does not exist
 */
export function readCommandLine({ options, allowPositionals = false, passesOn = false }, words) {
  if (passesOn)
    return words.some((word) => word === "--help" || word === "-h") ? "help" : { values: {}, positionals: words };
  try {
    const help = /** @type {const} */ ({ help: { type: "boolean", short: "h" } });
    const read = parseArgs({ args: words, options: { ...options, ...help }, allowPositionals });
    return read.values.help ? "help" : read;
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { showUsage: true });
  }
}
