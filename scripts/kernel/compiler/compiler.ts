/**
 * The cell compiler: from a cell, and what earlier cells have declared, to JavaScript, its source map, or what is wrong.
 * It knows neither Node nor a browser; its files come through an interface.
 */
import ts from "typescript";
import { withoutAmbientModules } from "./ambient.js";
import { awaitsAtTopLevel, interruptibleAwaits } from "./awaits.js";
import { type Completions, complete } from "./completions.js";
import { type Problem, problemFrom } from "./diagnostics.js";
import { afterTypes, beforeTypes, type CellToEmit } from "./emit.js";
import { GLOBALS } from "./globals.js";
import { type FileSystem, isCell, isInPackage } from "./file-system.js";
import { CellHost, type Places } from "./host.js";
import { compileModule, type CompiledModule, formatOf, type ModuleFormat } from "./modules.js";
import { CELL, ours, TELLTALES } from "./names.js";
import { optionsFor } from "./options.js";
import { describeAt } from "./quick-info.js";
import { isRightVersion } from "./specifiers.js";
import { isWhole, type Wholeness } from "./wholeness.js";
import {
  declaredIn,
  type DeclaredNames,
  declaringSteps,
  isGlobalAugmentation,
  type Meanings,
  namesDeclaredBy,
  Scope,
} from "./scope.js";

export interface CompiledCell {
  /** A function that is given what a cell has, and gives a function that runs it. */
  code: string;
  /** Of the code from its second line on. */
  map: string;
  /** The variables that the cell assigns to, which must be declared before it runs. */
  variables: string[];
  /** How many characters the map's source has before the cell. */
  shift: number;
  /** Whether the cell mentions the value of the one before. */
  usesLastValue: boolean;
  /** How many statements of the cell declare something when they are reached. */
  steps: number;
  /** The module that the cell is, if it says so. */
  module?: string;
}

export interface Compiler {
  /** Compiles a cell, and takes up what it declares if nothing is wrong. */
  compile(code: string, name: string): CompiledCell | { problems: Problem[] };
  /** The cell compiled last has failed. What it did not come to declare means what it has meant before. */
  cellFailed(name: string, reachedSteps: number): void;
  complete(code: string, position: number): Completions;
  /** What TypeScript knows of the name, or the call, at a position; undefined for nothing. */
  inspect(code: string, position: number): string | undefined;
  isWhole(code: string): Wholeness;
  /** What is wrong with the folder's tsconfig.json. */
  configProblems: readonly string[];
  /** The file that a module's name means, if it is one that has to be compiled; undefined for what the host loads. */
  resolve(name: string, from: string | undefined): { file: string; format: ModuleFormat } | undefined;
  compileModule(file: string): CompiledModule;
}

/** A cell as TypeScript gets it. */
interface CellSource {
  /** The cell's own text. */
  code: string;
  /** With what stands before the cell: a bracket, if it is an object. */
  text: string;
  shift: number;
  extension: ".ts" | ".tsx";
  parsed: ts.SourceFile;
}

function firstJsx(node: ts.Node): ts.Node | undefined {
  if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node)) return node;
  return ts.forEachChild(node, firstJsx);
}

/** TypeScript numbers what has implicitly the type `any` from 7005 to 7057, and unreachable code and the like between. */
const isImplicitAny = (code: number) => code >= 7005 && code <= 7057 && !(code >= 7027 && code <= 7030);

/** Whether a diagnostic holds for a cell. */
function isComplaint({ code, messageText }: ts.Diagnostic, file: ts.SourceFile, end: number): boolean {
  if (code === 2695) return false; // "left side of comma operator is unused", as in (1, 2)
  if (code !== 2454) return true; // "used before being assigned"
  const name = /'(.+?)'/.exec(ts.flattenDiagnosticMessageText(messageText, ""))?.[1];
  const symbol = declaredIn(file, end).find(([declared]) => declared === name)?.[1];
  // A `var` of a block that did not run is undefined, as everywhere in JavaScript.
  return ((symbol?.flags ?? 0) & ts.SymbolFlags.FunctionScopedVariable) === 0;
}

const MAX_REPEATABLE = 200;

/** "Cannot find name", with or without another one in mind, or in `{ name }`. */
const isUnknownName = ({ code }: Problem) => code === 2304 || code === 2552 || code === 18004;

const MODULE_CELL = /^\s*\/\*\*\s*@module\s+([\w./-]+)\s*\*\//;

/** Files that were read for one compiler, and that the next one need not read again. */
export const newDocuments = () => ts.createDocumentRegistry(true);

/**
 * @param globals the names that are global before the first cell; a cell's variable of such a name stays apart from it
 * @param documents what other compilers have read
 */
export function createCompiler(
  files: FileSystem,
  places: Places,
  globals: Iterable<string>,
  documents = newDocuments(),
): Compiler {
  const { folder } = places;
  const at = (name: string) => `${folder === "/" ? "" : folder}/${name}`;
  const { compiler: options, reportsImplicitAny, allowsJsx, problems: configProblems } = optionsFor(files, folder);
  /** What JSX calls without naming it. */
  const { jsxFactory = "React.createElement", jsxFragmentFactory = "React.Fragment" } = options;
  const jsxNames = [jsxFactory, jsxFragmentFactory].map((name) => name.split(".")[0]);
  const host = new CellHost(files, places, options);
  const service = ts.createLanguageService(host, documents);
  const scope = new Scope();
  const reserved = new Set([...globals, ...TELLTALES]);
  const isRenamed = (name: string) => reserved.has(name);
  /** The names of the cells so far, by what they were compiled from. */
  const settled = new Map<string, string>();
  const modules = new Set<string>();
  let checkedModules = "";
  /** The newest cell: the names that each of its steps declares, and what they meant before. */
  let newest: { name: string; steps: string[][]; before: Map<string, Meanings | undefined> } | undefined;
  /** Cells that run again and again, by their text. */
  const repeatable = new Map<string, { circumstances: string; result: CompiledCell }>();
  /** Names without a value, by the cell that failed before it came to declare them. */
  const undeclared = new Map<string, string>();
  const ambient = at("kernel.d.ts");
  host.write(ambient, GLOBALS);

  function read(code: string): CellSource {
    const source = (text: string, shift: number, extension: ".ts" | ".tsx"): CellSource => ({
      code,
      text,
      shift,
      extension,
      parsed: parse(text, extension),
    });
    const isSound = ({ parsed }: CellSource) => syntaxErrors(parsed).length === 0;
    // A cell that can be read as an object is one, as in Node's REPL, and not a block with labels.
    if (/^\s*\{/.test(code) && !/;\s*$/.test(code)) {
      const object = source(`(${code}\n)`, 1, ".ts");
      if (isSound(object)) return object;
    }
    const plain = source(code, 0, ".ts");
    if (isSound(plain) || !/<[\w>]/.test(code)) return plain;
    const jsx = source(code, 0, ".tsx");
    return isSound(jsx) ? jsx : plain;
  }

  /** Writes a cell's file, with the declarations of earlier cells behind it. */
  function write(cell: CellSource, declared: DeclaredNames, prelude: string): string {
    const file = at(`this cell${cell.extension}`);
    const exported = exportedBy(cell.parsed);
    const exports = [...declared.keys()].filter((name) => !exported.has(name));
    // Nothing that begins with `export` can be taken for the rest of the cell's last statement.
    host.write(file, `${cell.text}\nexport { ${exports.join(", ")} };\n${prelude}`);
    host.roots = [ambient, file];
    return file;
  }

  /** Makes known what `declare module` says in a cell. */
  function declareModules(cell: CellSource, name: string): CellSource {
    if (!/\bdeclare\s+module\b/.test(cell.text) || syntaxErrors(cell.parsed).length > 0) return cell;
    const isThere = (module: string) => host.resolveModule(module, at("this cell.ts")).resolvedModule !== undefined;
    const { text, declarations } = withoutAmbientModules(cell.parsed, isThere);
    if (declarations === "") return cell;
    const file = at(`${name} declares.d.ts`);
    host.write(file, declarations);
    host.extendGlobals(file);
    return { ...cell, text, parsed: parse(text, cell.extension) };
  }

  /** The names of earlier cells that a cell mentions, and perhaps others. */
  function mentioned({ text, extension }: CellSource): string[] {
    const words = new Set(text.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu));
    if (extension === ".tsx") for (const name of jsxNames) words.add(name);
    return [...scope.names].filter((name) => words.has(name));
  }

  function compile(code: string, name: string): CompiledCell | { problems: Problem[] } {
    const module = MODULE_CELL.exec(code)?.[1];
    if (module !== undefined) return compileModuleCell(code, module);
    const cell = declareModules(read(code), name);
    const end = cell.text.length;
    const declared = namesDeclaredBy(cell.parsed.statements);
    const prelude = scope.prelude(mentioned(cell), declared);
    newest = undefined;
    // What only uses what is there compiles to the same again, as long as that is the same.
    const isRepeatable = declared.size === 0 && !/\b(import|require|declare)\b/.test(code);
    const circumstances = `${host.extensions} ${prelude}`;
    const before = isRepeatable ? repeatable.get(code) : undefined;
    if (before?.circumstances === circumstances) return before.result;
    const fileName = write(cell, declared, prelude);
    const program = service.getProgram() as ts.Program;
    const file = program.getSourceFile(fileName) as ts.SourceFile;
    const problems = problemsIn(program, file, cell);
    if (problems.length > 0) return { problems };

    const checker = program.getTypeChecker();
    const values = [...declared].filter(([, { value }]) => value).map(([value]) => value);
    const jsName = (value: string) => (isRenamed(value) ? ours(value) : value);
    const variables = values.map(jsName);
    const { js, map, isAsync } = emit(program, file, { end, checker, isRenamed, variables: new Set(variables) });
    const steps = declaringSteps(cell.parsed.statements).map((node) => [...namesDeclaredBy([node]).keys()]);
    const result: CompiledCell = {
      code: `(${CELL}, require, module, exports, __filename, __dirname) => ${isAsync ? "async " : ""}() => { "use strict";\n${js}\n}`,
      map,
      variables,
      shift: cell.shift,
      usesLastValue: !declared.has("_") && !scope.kindOfValue("_") && /(?<![\w$])_(?![\w$])/.test(code),
      steps: steps.length,
    };
    newest = { name, steps, before: settle(name, file, cell, checker) };
    if (isRepeatable && !usesFiles(program)) remember(code, circumstances, result);
    for (const declaredName of declared.keys()) undeclared.delete(declaredName);
    return result;
  }

  function remember(code: string, circumstances: string, result: CompiledCell): void {
    repeatable.set(code, { circumstances, result });
    const [oldest] = repeatable.keys();
    if (repeatable.size > MAX_REPEATABLE) repeatable.delete(oldest);
  }

  function emit(program: ts.Program, file: ts.SourceFile, cell: CellToEmit) {
    let [js, map, isAsync] = ["", "", false];
    const notice: ts.TransformerFactory<ts.SourceFile> = () => (emitted) => {
      isAsync = awaitsAtTopLevel(emitted);
      return emitted;
    };
    const write: ts.WriteFileCallback = (name, text) => {
      if (name.endsWith(".map")) map = text;
      else js = text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "").replace(/^#!/, "//");
    };
    program.emit(file, write, undefined, false, {
      before: [beforeTypes(cell)],
      after: [afterTypes(cell), interruptibleAwaits, notice],
    });
    return { js, map, isAsync };
  }

  /** Keeps what the cell declares for the cells after it. */
  function settle(name: string, file: ts.SourceFile, cell: CellSource, checker: ts.TypeChecker) {
    // A cell that runs again, unchanged, declares the same types: what is left from its first run still fits them.
    const module = settled.get(file.text) ?? name;
    const before = scope.add(`./${module}`, file, cell.text.length, checker);
    if (!settled.has(file.text)) {
      settled.set(file.text, name);
      const kept = at(name + cell.extension);
      host.write(kept, file.text);
      if (extendsGlobals(file, cell.text.length)) host.extendGlobals(kept);
    }
    return before;
  }

  function cellFailed(name: string, reachedSteps: number): void {
    if (newest?.name !== name) return;
    const reached = new Set(newest.steps.slice(0, reachedSteps).flat());
    for (const declared of newest.steps.slice(reachedSteps).flat()) {
      if (reached.has(declared)) continue;
      const before = newest.before.get(declared);
      scope.restore(declared, before);
      if (!before) undeclared.set(declared, name);
    }
    newest = undefined;
  }

  function compileModuleCell(code: string, module: string): CompiledCell | { problems: Problem[] } {
    const fileName = at(`${module}.ts`);
    host.write(fileName, code);
    modules.add(fileName);
    host.roots = [ambient, fileName];
    const program = service.getProgram() as ts.Program;
    const file = program.getSourceFile(fileName) as ts.SourceFile;
    const cell: CellSource = { code, text: code, shift: 0, extension: ".ts", parsed: file };
    const problems = problemsIn(program, file, cell);
    if (problems.length > 0) return { problems };
    return {
      code: "() => () => {}",
      map: "",
      variables: [],
      shift: 0,
      usesLastValue: false,
      steps: 0,
      module: fileName,
    };
  }

  function problemsIn(program: ts.Program, file: ts.SourceFile, cell: CellSource): Problem[] {
    const own = { file, code: cell.code, shift: cell.shift };
    const end = cell.text.length;
    const inCell = ({ start = 0 }: ts.Diagnostic) => start <= end;
    // Of the cell alone: behind it stands more, in which an unfinished line might find its end.
    const syntax = syntaxErrors(cell.parsed);
    if (syntax.length > 0) return syntax.map((diagnostic) => problemFrom(diagnostic, { ...own, file: cell.parsed }));
    const jsx = allowsJsx ? undefined : firstJsx(cell.parsed);
    if (jsx) {
      const messageText = "Cannot use JSX unless the notebook's tsconfig.json says which.";
      const [start, length] = [jsx.getStart(cell.parsed), 1];
      const category = ts.DiagnosticCategory.Error;
      return [
        problemFrom(
          { file: cell.parsed, start, length, code: 17004, category, messageText },
          { ...own, file: cell.parsed },
        ),
      ];
    }
    const semantic = program
      .getSemanticDiagnostics(file)
      .filter((diagnostic) => inCell(diagnostic) && holds(diagnostic) && isComplaint(diagnostic, file, end));
    const problems = semantic.map((diagnostic) => aboutCells(problemFrom(diagnostic, own)));
    return [...problems, ...wrongVersions(file, own), ...problemsOfModules(program, own)];
  }

  /** `npm:name@version` means the installed package, if that is the one. */
  function wrongVersions(file: ts.SourceFile, own: Parameters<typeof problemFrom>[1]): Problem[] {
    const { imports = [] } = file as ts.SourceFile & { imports?: readonly ts.StringLiteralLike[] };
    return imports.flatMap((literal) => {
      const { name, version } = host.installedPackage(literal.text, file.fileName) ?? {};
      if (version === undefined || isRightVersion(literal.text, version)) return [];
      const messageText = `Cannot find module '${literal.text}': ${name} ${version} is installed.`;
      const [start, length] = [literal.getStart(file), literal.getWidth(file)];
      return problemFrom({ file, start, length, code: 2307, category: ts.DiagnosticCategory.Error, messageText }, own);
    });
  }

  /** Modules beside the notebook are checked, too; once, until one of them changes. */
  function problemsOfModules(program: ts.Program, own: Parameters<typeof problemFrom>[1]): Problem[] {
    const sources = program
      .getSourceFiles()
      .filter((file) => !file.isDeclarationFile && !isInPackage(file.fileName) && isModule(file.fileName));
    const versions = sources.map((file) => `${file.fileName} ${host.getScriptVersion(file.fileName)}`).join("\n");
    if (versions === checkedModules) return [];
    const diagnostics = sources.flatMap((file): readonly ts.Diagnostic[] => {
      const syntax = program.getSyntacticDiagnostics(file);
      return syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file).filter(holds);
    });
    if (diagnostics.length === 0) checkedModules = versions;
    return diagnostics.filter(({ file }) => file !== own.file).map((diagnostic) => problemFrom(diagnostic, own));
  }

  /** Whether a cell depends on files beside the notebook, which somebody may edit. */
  const usesFiles = (program: ts.Program) =>
    program
      .getSourceFiles()
      .some(({ fileName }) => fileName !== ambient && !isInPackage(fileName) && !isCell(fileName));

  const holds = ({ code }: ts.Diagnostic) => reportsImplicitAny || !isImplicitAny(code);

  const isModule = (file: string) => !isCell(file) && !file.endsWith(".json");

  /** Says what TypeScript cannot know: that names belong to cells. */
  function aboutCells(problem: Problem): Problem {
    const name = /'(.+?)'/.exec(problem.message)?.[1] ?? "";
    const failed = isUnknownName(problem) ? undeclared.get(name) : undefined;
    if (failed !== undefined)
      return { ...problem, message: `Cannot find name '${name}': ${failed} failed before it came to declare it.` };
    // Its types are there already; they are those of the Node that runs.
    if (problem.code === 2591 && name.startsWith("node:"))
      return { ...problem, message: `Cannot find module '${name}'.` };
    // What is assigned to came by an import, as TypeScript sees it; the reader has declared it.
    if (problem.code !== 2632) return problem;
    const kind = scope.kindOfValue(name);
    if (kind === "constant")
      return { ...problem, code: 2588, message: `Cannot assign to '${name}' because it is a constant.` };
    if (kind === "declaration")
      return {
        ...problem,
        code: 2630,
        message: `Cannot assign to '${name}' because it is a function, a class or an enum.`,
      };
    return problem;
  }

  /**
   * Writes a cell that is being typed, with all that earlier cells have declared: before it, since it may end anywhere.
   * @returns the file, and where in it the cell begins
   */
  function writeDraft(code: string): { file: string; start: number } {
    const declared = namesDeclaredBy(parse(code, ".ts").statements);
    const head = `export {};\n${scope.prelude(scope.names, declared, false)}\n`;
    const file = at("this cell.ts");
    host.write(file, head + code);
    host.roots = [ambient, file];
    return { file, start: head.length };
  }

  function resolve(name: string, from: string | undefined): { file: string; format: ModuleFormat } | undefined {
    const { resolvedModule } = host.resolveModule(name, from ?? at("this cell.ts"));
    const file = resolvedModule?.resolvedFileName;
    if (file === undefined || isInPackage(file)) return undefined;
    const format = modules.has(file) ? "compiled" : formatOf(file, host);
    return format && { file, format };
  }

  return {
    compile,
    cellFailed,
    complete(code, position) {
      const { file, start: shift } = writeDraft(code);
      const { start, end, entries } = complete(service, file, position + shift, reserved);
      return { start: Math.max(0, start - shift), end: Math.max(0, end - shift), entries };
    },
    inspect(code, position) {
      const { file, start } = writeDraft(code);
      return describeAt(service, file, position + start);
    },
    configProblems,
    isWhole: (code) => isWhole(code, read(code).parsed),
    resolve,
    compileModule: (file) => compileModule(file, host, options),
  };
}

/** A cell is a module, whether it imports anything or not: it may await. */
function parse(text: string, extension: ".ts" | ".tsx"): ts.SourceFile {
  const setExternalModuleIndicator = (file: ts.SourceFile) => {
    (file as { externalModuleIndicator?: true }).externalModuleIndicator = true;
  };
  const options = { languageVersion: ts.ScriptTarget.ES2024, setExternalModuleIndicator };
  return ts.createSourceFile(`cell${extension}`, text, options, true);
}

/** TypeScript keeps them to itself. */
const syntaxErrors = (file: ts.SourceFile) =>
  (file as ts.SourceFile & { parseDiagnostics: readonly ts.Diagnostic[] }).parseDiagnostics;

/** The names that a cell exports by itself. */
function exportedBy(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const { name } of statement.exportClause.elements) names.add(name.text);
    } else if (ts.canHaveModifiers(statement)) {
      const modifiers = ts.getModifiers(statement) ?? [];
      if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
      if (modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) continue;
      for (const name of namesDeclaredBy([statement]).keys()) names.add(name);
    }
  }
  return names;
}

/** Whether a cell declares what cells after it see without any import. */
function extendsGlobals(file: ts.SourceFile, end: number): boolean {
  const references = file.libReferenceDirectives.length + file.typeReferenceDirectives.length;
  return (
    references + file.referencedFiles.length > 0 ||
    file.statements.some(
      (statement) =>
        statement.end <= end &&
        ts.isModuleDeclaration(statement) &&
        (isGlobalAugmentation(statement) || ts.isStringLiteral(statement.name)),
    )
  );
}
