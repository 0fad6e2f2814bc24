/** The most characters of a foreign text that are shown. */
const MOST = 500;

/** Control characters but the line break, and what reorders or hides text: on a terminal, any of them may act. */
const UNPRINTABLE = /[^\P{C}\n]|[\u2028\u2029]/gu;

/**
 * A text from outside (another machine, a file, a server) as it may be shown: no escape code reaches the terminal, and it
 * is not longer than a few lines.
 */
export function printable(text: string, most = MOST): string {
  const start = text.slice(0, most).replace(UNPRINTABLE, escaped);
  return text.length > most ? `${start}… (${text.length.toLocaleString("en")} characters)` : start;
}

/** A foreign name, in one line. */
export function printableName(name: string): string {
  return printable(name, 100).replaceAll("\n", escaped);
}

const escaped = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
