// tslab's compiler, with what it lacks: top-level await in every form, awaits that an interrupt can end, and
// positions in the cell instead of in the compiled code.
//
// tslab turns a cell into JavaScript in two steps, TypeScript to ES modules and those to CommonJS. Both go through
// its TypeScript package, two of whose functions are wrapped here in memory; a third is that of completion, whose answer
// is put in another order. Nothing on disk changes.

const { createRequire, SourceMap } = require("node:module");
const { DECLARATION } = require("./input.cjs");
const { ranked } = require("./ranking.cjs");

const requireFromTslab = createRequire(require.resolve("tslab/package.json"));
const tsPath = requireFromTslab.resolve("@tslab/typescript-for-tslab");
const ts = require(tsPath);

/** tslab puts one line in front of each cell, so that TypeScript takes it for a module. */
const LINES_BEFORE_CELL = 1;

/** Of each compiled cell, by its name: its number of lines, and [CommonJS to ES modules, ES modules to TypeScript]. */
const sourceMaps = new Map();
/** The source maps of what was compiled last, waiting for its name: compiled text -> maps. */
const freshMaps = new Map();

require.cache[tsPath].exports = {
  ...ts,
  createWatchCompilerHost(files, options, system, _createProgram, ...rest) {
    const compilerOptions = { ...options, disableTopLevelAwait: false, inlineSourceMap: true };
    return withTwoTimers(ts.createWatchCompilerHost(files, compilerOptions, system, createProgram, ...rest));
  },
  transpileModule(esModule, options) {
    const [code, map] = takeSourceMap(esModule);
    const result = ts.transpileModule(code, {
      ...options,
      compilerOptions: { ...options.compilerOptions, sourceMap: true },
      transformers: { before: [interruptibleAwaits] },
    });
    const outputText = result.outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
    if (map) freshMaps.set(outputText, [JSON.parse(result.sourceMapText), map]);
    return { ...result, outputText };
  },
  Completions: {
    ...ts.Completions,
    getCompletionsAtPositionForTslab(host, program, log, file, ...rest) {
      const [formatContext, includeSymbol] = [undefined, true];
      const info = ts.Completions.getCompletionsAtPosition(
        host,
        program,
        log,
        file,
        ...rest,
        formatContext,
        includeSymbol,
      );
      return info && ranked(info, file);
    },
  },
};

const { createConverter } = require("tslab/dist/converter.js");

/**
 * TypeScript's usual builder would note anew, twice a cell, which of a thousand files refers to which: two thirds of
 * the time. tslab needs of that only which sources a cell imports.
 */
function createProgram(...args) {
  const builder = ts.createAbstractBuilder(...args);
  const checker = builder.getProgram().getTypeChecker(); // tslab expects that the names of a cell are known by now
  builder.getAllDependencies = (file) => sourcesImportedBy(file, builder.getProgram());
  resolveShorthands(builder, checker);
  return builder;
}

/**
 * tslab finds what an earlier cell declared by asking for each name what it means. The `x` of `{ x }` means the property
 * to TypeScript, so that tslab would leave it, undefined, as it is. Here it is written out as `{ x: x }`, whose second
 * `x` means the variable.
 */
function resolveShorthands(builder, checker) {
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) =>
    node.parent && ts.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : getSymbolAtLocation(node);

  const writeOut = (context) => {
    const { factory } = context;
    const visit = (node) => {
      const visited = ts.visitEachChild(node, visit, context);
      if (!ts.isShorthandPropertyAssignment(visited)) return visited;
      const { name, objectAssignmentInitializer: otherwise } = visited;
      // ({ x = 1 } = …) assigns to x, too.
      return factory.createPropertyAssignment(name.text, otherwise ? factory.createAssignment(name, otherwise) : name);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
  const { emit } = builder;
  builder.emit = (file, write, token, onlyDeclarations, transformers) =>
    emit(file, write, token, onlyDeclarations, {
      ...transformers,
      before: [writeOut, ...(transformers?.before ?? [])],
    });
}

/** The names of a file and of all TypeScript and JavaScript sources that it imports, directly or not. */
function sourcesImportedBy(file, program, found = new Set()) {
  if (!file || file.isDeclarationFile || found.has(file.fileName)) return [...found];
  found.add(file.fileName);
  file.resolvedModules?.forEach((module) => {
    const name = module?.resolvedFileName ?? module?.resolvedModule?.resolvedFileName;
    if (name) sourcesImportedBy(program.getSourceFile(name), program, found);
  });
  return [...found];
}

/**
 * TypeScript's watching compiler sets two timers: one to recompile, which tslab takes into its own hands, and one,
 * when a file comes or goes where an import was looked for, to look again. tslab takes the second for the first, and
 * throws, when a library is rebuilt at the wrong moment. Node gets it.
 */
function withTwoTimers(host) {
  const { setTimeout: recompileLater, clearTimeout: cancelRecompile } = host;
  host.setTimeout = (callback, delay) =>
    callback.name === "invalidateResolutionsOfFailedLookup"
      ? setTimeout(callback, delay).unref()
      : recompileLater(callback, delay);
  host.clearTimeout = (timer) => (timer instanceof NodeTimer ? clearTimeout(timer) : cancelRecompile(timer));
  return host;
}
const NodeTimer = setTimeout(() => {}).constructor;

/** Separates a text from the source map that ends it. */
function takeSourceMap(text) {
  const match = /\n?\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(text);
  if (!match) return [text, undefined];
  return [text.slice(0, match.index), JSON.parse(Buffer.from(match[1], "base64").toString())];
}

/**
 * Rewrites `await x` to `__tslab__.resume(__tslab__.interrupts, await x)`, which throws if an interrupt came during
 * the wait (see cell.cjs). So an interrupted loop ends at its next await, its `finally` blocks run, and it does not
 * go on in the background of later cells.
 */
function interruptibleAwaits(context) {
  const { factory } = context;
  const kernel = (name) => factory.createPropertyAccessExpression(factory.createIdentifier("__tslab__"), name);
  const resume = (interruptsBefore, awaited) =>
    factory.createCallExpression(kernel("resume"), undefined, [interruptsBefore, awaited]);

  function visit(node) {
    const visited = ts.visitEachChild(node, visit, context);
    if (ts.isAwaitExpression(node)) return resume(kernel("interrupts"), visited);
    if (ts.isForOfStatement(node) && node.awaitModifier) {
      // for await (const x of xs) body  ->  { const before = interrupts; for await (…) { resume(before); body } }
      // A label must stay on the loop itself: there the check compares with the count at the loop's start, too.
      const before = factory.createUniqueName("interruptsBefore");
      const check = factory.createExpressionStatement(resume(before, factory.createVoidZero()));
      const loop = factory.updateForOfStatement(
        visited,
        visited.awaitModifier,
        visited.initializer,
        factory.createCommaListExpression([factory.createAssignment(before, kernel("interrupts")), visited.expression]),
        factory.createBlock([check, visited.statement], true),
      );
      context.hoistVariableDeclaration(before);
      return loop;
    }
    return visited;
  }

  return (file) => {
    context.startLexicalEnvironment();
    const visited = ts.visitEachChild(file, visit, context);
    const declarations = context.endLexicalEnvironment() ?? [];
    return factory.updateSourceFile(visited, [...declarations, ...visited.statements]);
  };
}

/** Whether a cell awaits outside of any function. tslab knows only awaits that TypeScript complains about. */
function awaitsAtTopLevel(code) {
  const file = ts.createSourceFile("cell.ts", `export {};\n${code}`, ts.ScriptTarget.Latest, true);
  const awaits = (node) => {
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
    return !ts.isFunctionLike(node) && ts.forEachChild(node, awaits) === true;
  };
  return awaits(file);
}

class Compiler {
  #converter = createConverter({ isJS: false, isBrowser: false });
  /** What the cells so far have declared, and what there was before, as TypeScript declarations. */
  declarations = DECLARATION;
  /** What the next cell is called in stack traces, like `In[3]`. */
  cellName = "In[]";
  /** The cell's type errors, if it has any. */
  diagnostics = [];
  /** Told when compiling begins and ends. */
  onBusy = (_busy) => {};

  convert(_declarations, code) {
    freshMaps.clear();
    const result = this.#guarded(() => this.#converter.convert(this.declarations, code));
    this.diagnostics = result.diagnostics;
    if (result.output === undefined) return result;
    // tslab would forget what a cell declared that then failed. What an interrupted training has made is kept here.
    this.declarations = result.declOutput;
    sourceMaps.set(this.cellName, { maps: freshMaps.get(result.output), lines: result.output.split("\n").length });
    return {
      ...result,
      hasToplevelAwait: awaitsAtTopLevel(code),
      // Starts on a line of its own, because tslab puts a function's head in front of it.
      output: `\n${result.output}\n//# sourceURL=${this.cellName}`,
    };
  }

  addModule(...args) {
    return (this.diagnostics = this.#guarded(() => this.#converter.addModule(...args)));
  }
  inspect(_declarations, code, position) {
    return this.#guarded(() => this.#converter.inspect(this.declarations, code, position));
  }
  complete(_declarations, code, position) {
    return this.#guarded(() => this.#converter.complete(this.declarations, code, position));
  }
  close() {
    this.#converter.close();
  }

  #guarded(work) {
    this.onBusy(true);
    try {
      return work();
    } finally {
      this.onBusy(false);
    }
  }
}

/**
 * The place in a cell that belongs to a place in its compiled code; all numbers count from 1.
 * @returns `{ line, column }`, or undefined for a place that is not of the cell's making
 */
function placeInCell(cellName, line, column) {
  const compiled = sourceMaps.get(cellName);
  if (!compiled || line - 1 > compiled.lines) return undefined; // beyond it stands tslab's call of the cell
  let place = { originalLine: line - 2, originalColumn: column - 1 }; // counted from 0, and without our own first line
  for (const map of compiled.maps) {
    place = new SourceMap(map).findEntry(place.originalLine, place.originalColumn);
    if (place.originalLine === undefined) return undefined;
  }
  const cellLine = place.originalLine + 1 - LINES_BEFORE_CELL;
  return cellLine < 1 ? undefined : { line: cellLine, column: place.originalColumn + 1 };
}

module.exports = { Compiler, placeInCell, ts };
