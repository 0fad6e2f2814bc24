/**
 * `declare module "name" { … }` in a cell. A cell is a module, in which TypeScript takes this for an addition to a module
 * that is there. Where there is none, it is meant to declare one, which only a file that is no module can do.
 */
import ts from "typescript";

/**
 * Moves such declarations out of a cell.
 * @param isThere whether there is a module of a name
 * @returns the cell with blanks in their place, so that everything else stays where it is, and the declarations
 */
export function withoutAmbientModules(
  file: ts.SourceFile,
  isThere: (name: string) => boolean,
): { text: string; declarations: string } {
  let { text } = file;
  let declarations = "";
  for (const statement of file.statements) {
    if (!ts.isModuleDeclaration(statement) || !ts.isStringLiteral(statement.name)) continue;
    if (isThere(statement.name.text)) continue;
    const start = statement.getStart(file);
    declarations += `${text.slice(start, statement.end)}\n`;
    text = text.slice(0, start) + text.slice(start, statement.end).replace(/[^\r\n]/g, " ") + text.slice(statement.end);
  }
  return { text, declarations };
}
