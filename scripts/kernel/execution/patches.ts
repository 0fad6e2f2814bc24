/**
 * Extends tslab's TypeScript: top-level await in every form, awaits that an interrupt can end, positions in the cell
 * instead of in the compiled code, and completions in a useful order.
 *
 * tslab turns a cell into JavaScript in two steps, TypeScript to ES modules and those to CommonJS. Both go through its
 * TypeScript package, two of whose functions are wrapped here in memory. A third one completes names, and its answer is
 * put into another order. Nothing on disk changes.
 */
import type ts from "@tslab/typescript-for-tslab";
import { createRequire, type SourceMapPayload } from "node:module";
import { interruptibleAwaits } from "./awaits.js";
import { ranked } from "./ranking.js";
import { keepSourceMaps, takeSourceMap } from "./source-maps.js";
import { typescript, typescriptFile } from "./typescript.js";

const require = createRequire(import.meta.url);

/** Puts the wrapped functions where tslab looks for TypeScript; call it before tslab is loaded. */
export function patchTypeScript(): void {
  const loaded = require.cache[typescriptFile];
  if (!loaded) throw new Error(`TypeScript is not loaded from ${typescriptFile}`);
  loaded.exports = {
    ...typescript,
    createWatchCompilerHost,
    transpileModule,
    Completions: { ...typescript.Completions, getCompletionsAtPositionForTslab },
  };
}

function createWatchCompilerHost(
  files: string[],
  options: ts.CompilerOptions,
  system: ts.System,
  _createProgram: unknown,
  ...reporters: [ts.DiagnosticReporter?, ts.WatchStatusReporter?]
) {
  const compilerOptions = { ...options, disableTopLevelAwait: false, inlineSourceMap: true };
  return withTwoTimers(typescript.createWatchCompilerHost(files, compilerOptions, system, createProgram, ...reporters));
}

function transpileModule(esModule: string, options: ts.TranspileOptions): ts.TranspileOutput {
  const [code, map] = takeSourceMap(esModule);
  const result = typescript.transpileModule(code, {
    ...options,
    compilerOptions: { ...options.compilerOptions, sourceMap: true },
    transformers: { before: [interruptibleAwaits] },
  });
  const outputText = result.outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
  if (map) keepSourceMaps(outputText, [JSON.parse(result.sourceMapText ?? "") as SourceMapPayload, map]);
  return { ...result, outputText };
}

function getCompletionsAtPositionForTslab(
  ...args: Parameters<typeof ts.Completions.getCompletionsAtPositionForTslab>
): ts.CompletionInfo | undefined {
  const [formatContext, includeSymbol] = [undefined, true];
  const info = typescript.Completions.getCompletionsAtPosition(...args, formatContext, includeSymbol);
  const [, , , file] = args;
  return info && ranked(info, file);
}

/**
 * TypeScript's usual builder would determine again, twice per cell, which of a thousand files refers to which: that
 * takes two thirds of the time. Of all this, tslab needs only the sources that a cell imports.
 */
const createProgram: ts.CreateProgram<ts.BuilderProgram> = (...args) => {
  const builder = typescript.createAbstractBuilder(...args);
  const checker = builder.getProgram().getTypeChecker(); // tslab expects that the names of a cell are known by now
  builder.getAllDependencies = (file) => sourcesImportedBy(file, builder.getProgram());
  resolveShorthands(builder, checker);
  return builder;
};

/**
 * tslab finds the declarations of earlier cells by resolving each name. To TypeScript the `x` of `{ x }` means the
 * property, so tslab would leave it as it is, undefined. Here it is expanded to `{ x: x }`, whose second `x` means the
 * variable.
 */
function resolveShorthands(builder: ts.BuilderProgram, checker: ts.TypeChecker): void {
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) =>
    node.parent && typescript.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : getSymbolAtLocation(node);

  const { emit } = builder;
  builder.emit = (file, write, token, onlyDeclarations, transformers) =>
    emit(file, write, token, onlyDeclarations, {
      ...transformers,
      before: [writeOutShorthands, ...(transformers?.before ?? [])],
    });
}

function writeOutShorthands(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    const visited = typescript.visitEachChild(node, visit, context);
    if (!typescript.isShorthandPropertyAssignment(visited)) return visited;
    const { name, objectAssignmentInitializer: otherwise } = visited;
    // ({ x = 1 } = …) assigns to x, too.
    return factory.createPropertyAssignment(name.text, otherwise ? factory.createAssignment(name, otherwise) : name);
  };
  return (file) => typescript.visitEachChild(file, visit, context);
}

/** A source file with what TypeScript keeps to itself. Its builds differ in how they wrap the file's name. */
type FileWithModules = ts.SourceFile & {
  resolvedModules?: {
    forEach(
      visit: (module?: { resolvedFileName?: string; resolvedModule?: { resolvedFileName: string } }) => void,
    ): void;
  };
};

/** The names of a file and of all TypeScript and JavaScript sources that it imports, directly or not. */
function sourcesImportedBy(file: ts.SourceFile | undefined, program: ts.Program, found = new Set<string>()): string[] {
  if (!file || file.isDeclarationFile || found.has(file.fileName)) return [...found];
  found.add(file.fileName);
  (file as FileWithModules).resolvedModules?.forEach((module) => {
    const name = module?.resolvedFileName ?? module?.resolvedModule?.resolvedFileName;
    if (name) sourcesImportedBy(program.getSourceFile(name), program, found);
  });
  return [...found];
}

/**
 * TypeScript's watch mode sets two timers. One recompiles, and tslab runs it itself. The other one resolves imports
 * again when a file appears or disappears where it was looked for. tslab would mistake the second for the first, and
 * throw, when a library is rebuilt at the wrong moment. So Node gets the second.
 */
function withTwoTimers<Host extends ts.WatchHost>(host: Host): Host {
  const { setTimeout: recompileLater, clearTimeout: cancelRecompile } = host;
  host.setTimeout = (callback: () => void, delay: number): unknown =>
    callback.name === "invalidateResolutionsOfFailedLookup"
      ? setTimeout(callback, delay).unref()
      : recompileLater?.(callback, delay);
  host.clearTimeout = (timer: unknown) =>
    timer instanceof NodeTimer ? clearTimeout(timer as NodeJS.Timeout) : cancelRecompile?.(timer);
  return host;
}

const NodeTimer = setTimeout(() => {}).constructor;
