// How cells are compiled: as a new project would be, and as the folder's own tsconfig.json says.
import ts from "typescript";
import type { FileSystem } from "./file-system.js";
import { folderOf } from "./file-system.js";

/** What a tsconfig.json cannot change: how a cell becomes what the kernel runs. */
const FIXED: ts.CompilerOptions = {
  // Decorators and `using` are compiled, everything else of this year runs as it is.
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  allowJs: true,
  esModuleInterop: true,
  isolatedModules: false,
  noEmit: false,
  preserveConstEnums: true,
  removeComments: false,
  resolveJsonModule: true,
  resolvePackageJsonExports: true,
  resolvePackageJsonImports: true,
  skipLibCheck: true,
  sourceMap: true,
  inlineSourceMap: false,
  inlineSources: false,
  useDefineForClassFields: true,
  verbatimModuleSyntax: false,
  // A cell is no file of a project.
  composite: false,
  declaration: false,
  declarationMap: false,
  emitDeclarationOnly: false,
  incremental: false,
  importHelpers: false,
  isolatedDeclarations: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
  outDir: undefined,
  outFile: undefined,
  rootDir: undefined,
};

const DEFAULTS: ts.CompilerOptions = {
  strict: true,
  noImplicitThis: false,
  lib: ["lib.esnext.d.ts"],
  jsx: ts.JsxEmit.ReactJSX, // for modules: a cell asks first
};

/** How a folder's cells are compiled. */
export interface Options {
  compiler: ts.CompilerOptions;
  /**
   * Whether an implicit `any` is an error. If the folder's tsconfig.json does not ask for that, quick cells need not say
   * the type of every parameter. TypeScript itself is told to notice it all the same: only then an array that begins
   * empty takes the type of what is put into it.
   */
  reportsImplicitAny: boolean;
  /** Whether cells may write JSX: the folder's tsconfig.json says which. */
  allowsJsx: boolean;
  /** What is wrong with that file. What cannot be read of it does not count. */
  problems: string[];
}

/** The compiler's options for notebooks in a folder. */
export function optionsFor(files: FileSystem, folder: string): Options {
  const file = findConfig(files, folder);
  const { own, problems } = file === undefined ? { own: undefined, problems: [] } : readConfig(files, file);
  const types = [...new Set([...(own?.types ?? []), "node"])];
  const isStrict = own?.strict === true;
  return {
    compiler: { ...DEFAULTS, ...(isStrict && { noImplicitThis: true }), ...own, ...FIXED, types, noImplicitAny: true },
    reportsImplicitAny: own?.noImplicitAny ?? isStrict,
    allowsJsx: own?.jsx !== undefined,
    problems,
  };
}

function findConfig(files: FileSystem, folder: string): string | undefined {
  const file = `${folder === "/" ? "" : folder}/tsconfig.json`;
  return files.fileExists(file) ? file : undefined;
}

function readConfig(files: FileSystem, file: string): { own: ts.CompilerOptions | undefined; problems: string[] } {
  const textsOf = (diagnostics: readonly ts.Diagnostic[]) =>
    diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  const { config, error } = ts.readConfigFile(file, (path) => files.read(path));
  if (error) return { own: undefined, problems: textsOf([error]) };
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: true,
    readDirectory: () => [],
    fileExists: (path) => files.fileExists(path),
    readFile: (path) => files.read(path),
  };
  const { options, errors } = ts.parseJsonConfigFileContent(
    { ...(config as object), files: ["none.ts"] },
    host,
    folderOf(file),
    undefined,
    file,
  );
  return { own: options, problems: textsOf(errors) };
}
