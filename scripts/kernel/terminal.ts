// Where the kernel speaks to whoever has started it. Its standard error belongs to the cells; see start.sh.
import { writeSync } from "node:fs";

/** On Windows there is no start.sh, and the kernel's standard error is where it was. */
const TERMINAL = process.platform === "win32" ? 2 : 4;

export function complain(message: string): void {
  const text = `TypeScript kernel: ${message}\n`;
  try {
    writeSync(TERMINAL, text);
  } catch {
    writeSync(2, text); // started without pipes
  }
}
