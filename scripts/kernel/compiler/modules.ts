// Modules beside the notebook: TypeScript, and JavaScript that is written as ES modules.
import ts from "typescript";
import { interruptibleAwaits, awaitsAtTopLevel } from "./awaits.js";
import { folderOf } from "./file-system.js";
import { ownImports } from "./emit.js";
import { CELL } from "./names.js";

/** "compiled": what compileModule() is for. "json": a text to be parsed. "host": what the host loads as it is. */
export type ModuleFormat = "compiled" | "json" | "host";

export interface CompiledModule {
  /** A function that is given what a module has: see Modules in ../execution/modules.ts. */
  code: string;
  /** Of the code from its second line on. */
  map: string;
  /** The modules that must be there before it runs. */
  imports: string[];
}

/** What is needed of a file system. */
interface Files {
  readFile(file: string): string | undefined;
  fileExists(file: string): boolean;
}

/** How a file beside the notebook is loaded; undefined for one of declarations, whose code is elsewhere. */
export function formatOf(file: string, files: Files): ModuleFormat | undefined {
  if (/\.d\.[cm]?ts$/.test(file)) return undefined;
  if (file.endsWith(".json")) return "json";
  if (/\.([cm]?tsx?|mjs|jsx)$/.test(file)) return "compiled";
  if (!file.endsWith(".js")) return "host";
  if (packageType(folderOf(file), files) === "module") return "compiled";
  const { externalModuleIndicator } = ts.createSourceFile(
    file,
    files.readFile(file) ?? "",
    ts.ScriptTarget.ES2024,
  ) as ts.SourceFile & { externalModuleIndicator?: ts.Node };
  return externalModuleIndicator ? "compiled" : "host";
}

/** What the nearest package.json says that .js files are. */
function packageType(folder: string, files: Files): string | undefined {
  const file = `${folder === "/" ? "" : folder}/package.json`;
  if (files.fileExists(file)) {
    try {
      return (JSON.parse(files.readFile(file) ?? "") as { type?: string }).type;
    } catch {
      return undefined;
    }
  }
  const above = folderOf(folder);
  return above === folder ? undefined : packageType(above, files);
}

/** The same names as a cell has. */
const HEAD = `(${CELL}, require, module, exports, __filename, __dirname) =>`;

export function compileModule(file: string, files: Files, options: ts.CompilerOptions): CompiledModule {
  const text = files.readFile(file);
  if (text === undefined) throw new Error(`Cannot find ${file}`);
  let isAsync = false;
  const imports = new Set<string>();
  const notice: ts.TransformerFactory<ts.SourceFile> = () => (emitted) => {
    isAsync = awaitsAtTopLevel(emitted);
    collectRequires(emitted, imports);
    return emitted;
  };
  const { outputText, sourceMapText } = ts.transpileModule(text, {
    // Whatever the file is called, it becomes a function.
    fileName: file.replace(/\.[cm](?=[jt]sx?$)/, "."),
    compilerOptions: {
      ...options,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: undefined,
      paths: undefined,
      noCheck: true,
    },
    transformers: { before: [ownImports], after: [interruptibleAwaits, notice] },
  });
  const js = outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
  return { code: `${isAsync ? "async " : ""}${HEAD} {\n${js}\n}`, map: sourceMapText ?? "", imports: [...imports] };
}

function collectRequires(node: ts.Node, found: Set<string>): void {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require") {
    const [name] = node.arguments;
    if (name && ts.isStringLiteral(name)) found.add(name.text);
  }
  ts.forEachChild(node, (child) => collectRequires(child, found));
}
