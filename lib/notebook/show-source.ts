/**
 * The library's own code, in a notebook.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type TypeScript from "typescript";
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

/** An exported declaration with the comment above it. */
function declaration(text: string, name: string, file: string): string {
  const ts = require("typescript") as typeof TypeScript; // only now: it takes a while to load
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const exported = source.statements.flatMap((statement): { name: string; statement: TypeScript.Statement }[] => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map((one) => ({ name: one.name.getText(), statement }));
    const { name } = statement as TypeScript.DeclarationStatement;
    return name ? [{ name: name.text, statement }] : [];
  });
  const found = exported.find((one) => one.name === name);
  if (!found) {
    const names = exported.map(({ name }) => name).join(", ");
    throw new Error(`showSource: lib/${file} exports no ${name}; it exports ${names}`);
  }
  return text.slice(found.statement.getStart(source, true), found.statement.end);
}
