import { CommandError } from "#setup/command-line.mjs";

/** Reads the number that an option was given, from 1 on. @throws CommandError if it is none */
export function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new CommandError(`--${option}: expected a whole number from 1 on, got ${text}`, { showUsage: true });
  return Number(text);
}
