/**
 * The library's own code, in a notebook.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CLONE } from "../clone";
import { display } from "./kernel";

const LIB = path.join(CLONE, "lib");

/**
 * Shows a file of the library, or one declaration of it, as it is.
 *
 * ```ts
 * showSource("optimizers/adam.ts");
 * showSource("layers/affine.ts", "Affine");
 * ```
 *
 * @param file relative to lib/
 * @param name of something that the file exports
 * @throws Error if there is no such file in the library, or no such name in the file
 */
export function showSource(file: string, name?: string): void {
  const full = path.resolve(LIB, file);
  if (!full.startsWith(LIB + path.sep) || !full.endsWith(".ts") || !existsSync(full)) {
    throw new Error(`showSource: there is no lib/${file}; give a path like "optimizers/adam.ts"`);
  }
  const text = readFileSync(full, "utf8").trimEnd();
  const code = name === undefined ? text : declaration(text, name, file);
  display({ "text/markdown": `lib/${file}\n\n\`\`\`ts\n${code}\n\`\`\``, "text/plain": code });
}

/** From the comment above an exported declaration to the line that closes it, which is not indented. */
function declaration(text: string, name: string, file: string): string {
  const lines = text.split("\n");
  const exported = lines.map(
    (line) => /^export (?:abstract |async )?(?:class|function\*?|const|interface|type|enum) (\w+)/.exec(line)?.[1],
  );
  let start = exported.indexOf(name);
  if (start < 0) {
    throw new Error(`showSource: lib/${file} exports no ${name}; it exports ${exported.filter(Boolean).join(", ")}`);
  }
  let end = start;
  // A declaration of one line ends there; a longer one ends at the next line that begins with a bracket.
  if (/[{([,=]$/.test(lines[start]))
    do end++;
    while (end < lines.length - 1 && !/^[})\]]/.test(lines[end]));
  if (lines[start - 1]?.trim().endsWith("*/"))
    do start--;
    while (start > 0 && !/^\s*\/\*\*/.test(lines[start]));
  return lines.slice(start, end + 1).join("\n");
}
