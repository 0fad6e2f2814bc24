import { CommandError } from "#setup/command-line.mjs";

/** Reads an option's value as a positive integer. @throws CommandError if it is not one */
export function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new CommandError(`--${option}: expected a whole number from 1 on, got ${text}`, { showUsage: true });
  return Number(text);
}
