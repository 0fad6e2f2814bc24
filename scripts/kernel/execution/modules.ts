/**
 * The modules that cells import. TypeScript, and ES modules beside the notebook, are compiled here and run as functions,
 * so that they can be run again after an edit; everything else is loaded as Node does it.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { withoutPrefix } from "../compiler/specifiers.js";
import type { Language } from "./language.js";
import { keepSourceMap } from "./source-maps.js";

/** What a module exports, as an import sees it. */
type Namespace = Record<string, unknown>;
/** Gives what an import asks for: a name, "default", or "*" for all. */
export type Imported = (name: string) => unknown;
/** Assigns to a variable of a cell what its import gives. */
type Binder = (from: Imported) => void;

/** What compiled code finds under the name of `cell`. */
export interface ModuleContext {
  readonly interrupts: number;
  resume<Value>(interruptsBefore: number, value: Value): Value;
  readonly meta: ImportMeta;
  importLater(name: unknown): Promise<unknown>;
}

/** Where a compiled module runs. */
interface LoadedModule {
  file: string;
  exports: Namespace;
  /** The local modules that it imports. */
  imports: string[];
  /** Ends when it has run. */
  ready: Promise<void>;
  /** The module whose end it waits for. */
  waitsFor: LoadedModule | undefined;
}

/** A variable of cells that an import gives its value. */
interface BoundVariable {
  file: string;
  name: string;
  bind: Binder;
  /** What the module gave last. */
  imported: Imported;
  /** Whether the module must be loaded again: until that succeeds, as an edit may be half done at first. */
  isStale: boolean;
}

/** When a file was changed, and a hash of its text; both undefined for one that is deleted. */
interface FileState {
  mtime: number | undefined;
  hash: string | undefined;
}

const kernelsRequire = createRequire(import.meta.url);
/** What is loaded by Node's `require`, by file; the kernel's own modules are none of them. */
const nodesModules = kernelsRequire.cache;
const ownFolder = path.dirname(fileURLToPath(import.meta.url));

/** Files outside node_modules may be edited: the library, but no packages. */
const isEditable = (file: string) => path.isAbsolute(file) && !file.includes(`${path.sep}node_modules${path.sep}`);

export class Modules {
  readonly #language: Language;
  readonly #base: Pick<ModuleContext, "interrupts" | "resume">;
  readonly #requireFromCell: NodeJS.Require;
  readonly #importFromCell: (name: string) => Promise<Namespace>;
  /** Modules that were compiled here, by file. */
  readonly #loaded = new Map<string, LoadedModule>();
  /** Each loaded file that may be edited. */
  readonly #known = new Map<string, FileState>();
  /** What cells have imported: by variable, the module's file and how the variable gets its value. */
  readonly #bound = new Map<string, BoundVariable>();
  /** Called with tslab, before a cell gets it. */
  onTslab: (() => void) | undefined;

  constructor(language: Language, folder: string, base: Pick<ModuleContext, "interrupts" | "resume">) {
    this.#language = language;
    this.#base = base;
    const cell = path.join(folder, "cell.js");
    this.#requireFromCell = createRequire(cell);
    this.#importFromCell = vm.runInThisContext("(name) => import(name)", {
      filename: cell,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as (name: string) => Promise<Namespace>;
  }

  /** An import of a cell: the module is loaded, and the cell's variables get their values. */
  async importInto(binders: Readonly<Record<string, Binder>>, name: string): Promise<void> {
    const { file, imported } = await this.#import(name, undefined);
    for (const [variable, bind] of Object.entries(binders)) {
      bind(imported);
      if (file !== undefined) this.#bound.set(variable, { file, name, bind, imported, isStale: false });
    }
  }

  /** A cell has declared these variables anew: they are no imports any more. */
  forget(variables: readonly string[]): void {
    for (const variable of variables) this.#bound.delete(variable);
  }

  async importLater(name: unknown, from?: string): Promise<unknown> {
    const { imported } = await this.#import(String(name), from);
    return imported("*");
  }

  async #import(name: string, from: string | undefined): Promise<{ file?: string; imported: Imported }> {
    const local = this.#resolve(name, from);
    if (local && local.format !== "host") {
      const loaded = await this.#load(local.file, local.format);
      return { file: local.file, imported: fromCompiled(loaded, name) };
    }
    const plain = withoutPrefix(name);
    if (plain === "tslab") return { imported: fromCommonJs(this.#tslab()) };
    const file = local?.file ?? this.#fileOf(plain, from);
    if (file !== undefined && isEditable(file) && !/\.(mjs|json|node|wasm)$/.test(file)) {
      // A module of CommonJS: the library, among others. It can be loaded again after a build.
      return { file, imported: fromCommonJs(this.#requireFrom(from)(file)) };
    }
    if (file === undefined && plain.endsWith(".json")) return this.#importJson(plain, from);
    return { imported: fromNamespace(await this.#importAsNode(plain, file, from), name) };
  }

  async #importAsNode(name: string, file: string | undefined, from: string | undefined): Promise<Namespace> {
    try {
      return await this.#importFromCell(file !== undefined && from !== undefined ? pathToFileURL(file).href : name);
    } catch (error) {
      // `lodash/merge`: bundlers find it, and TypeScript does, but an import of Node's wants the file's whole name.
      const found = isNotFound(error) ? this.#inPackage(name, from) : undefined;
      if (found !== undefined) return await this.#importFromCell(pathToFileURL(found).href);
      if (isNotFound(error)) error.message = error.message.replace(/ imported from .*$/, "");
      throw error;
    }
  }

  #importJson(name: string, from: string | undefined): { imported: Imported } {
    return { imported: fromCommonJs(fromJson(this.#requireFrom(from).resolve(name))) };
  }

  /** The file of a package's part, as `require` finds it. */
  #inPackage(name: string, from: string | undefined): string | undefined {
    if (!/^(@[^/]+\/)?[^./@][^/]*\/./.test(name)) return undefined;
    try {
      return this.#requireFrom(from).resolve(name);
    } catch {
      return undefined;
    }
  }

  #resolve(name: string, from: string | undefined) {
    if (name === "tslab" || isBuiltin(name) || /^(data|https?|node):/.test(name)) return undefined;
    const asPath = name.startsWith("file:") ? fileURLToPath(name) : name;
    return this.#language.resolve(asPath.replace(/\?.*$/, ""), from);
  }

  /** The file of a relative or absolute name, as `require` finds it; undefined for a package. */
  #fileOf(name: string, from: string | undefined): string | undefined {
    if (name.startsWith("file:")) return fileURLToPath(name);
    const isPath = path.isAbsolute(name) || /^\.{1,2}(\/|$)/.test(name);
    return isPath ? this.#requireFrom(from).resolve(name) : undefined;
  }

  #requireFrom(from: string | undefined): NodeJS.Require {
    return from === undefined ? this.#requireFromCell : createRequire(from);
  }

  #tslab(): unknown {
    const tslab = kernelsRequire("tslab") as unknown;
    this.onTslab?.();
    return tslab;
  }

  /** `require` as a cell, or a module, has it: of TypeScript, too. */
  requireFor(from?: string): NodeJS.Require {
    const nodes = this.#requireFrom(from);
    const own = (name: string): unknown => {
      const plain = withoutPrefix(String(name));
      if (plain === "tslab") return this.#tslab();
      const local = this.#resolve(plain, from);
      if (!local || local.format === "host") return nodes(plain) as unknown;
      return this.#loadNow(local.file, local.format).exports;
    };
    const resolve = (name: string, options?: { paths?: string[] }) =>
      (options ? undefined : this.#resolve(withoutPrefix(name), from)?.file) ?? nodes.resolve(name, options);
    return Object.assign(own, {
      resolve: Object.assign(resolve, { paths: nodes.resolve.paths }),
      cache: nodes.cache,
      extensions: nodes.extensions,
      main: undefined,
    });
  }

  /** Loads a module and all that it imports, for the module that imports it, if it is one. */
  async #load(file: string, format: "compiled" | "json", importer?: LoadedModule): Promise<LoadedModule> {
    const before = this.#loaded.get(file);
    if (before) {
      // A circle gets what is there so far.
      if (importer && waitsFor(before, importer)) return before;
      if (importer) importer.waitsFor = before;
      await before.ready;
      return before;
    }
    const loaded: LoadedModule = { file, exports: {}, imports: [], ready: Promise.resolve(), waitsFor: undefined };
    this.#loaded.set(file, loaded);
    if (importer) importer.waitsFor = loaded;
    loaded.ready = this.#evaluate(loaded, format);
    try {
      await loaded.ready;
    } catch (error) {
      this.#loaded.delete(file);
      throw error;
    }
    return loaded;
  }

  async #evaluate(loaded: LoadedModule, format: "compiled" | "json"): Promise<void> {
    const { file } = loaded;
    this.#note(file);
    if (format === "json") {
      loaded.exports = fromJson(file);
      return;
    }
    const { code, map, imports } = this.#language.compileModule(file);
    const ready = new Map<string, unknown>();
    for (const name of imports) {
      const local = this.#resolve(name, file);
      if (local && local.format !== "host") {
        loaded.imports.push(local.file);
        const dependency = await this.#load(local.file, local.format, loaded);
        ready.set(name, dependency.exports);
      } else if (local === undefined && !isBuiltin(name)) {
        ready.set(name, (await this.#import(name, file)).imported("*"));
      }
    }
    loaded.waitsFor = undefined;
    await this.#run(loaded, code, map, ready);
  }

  /** For `require`, which cannot wait: what the module imports is required, too. */
  #loadNow(file: string, format: "compiled" | "json"): LoadedModule {
    const before = this.#loaded.get(file);
    if (before) return before;
    const loaded: LoadedModule = { file, exports: {}, imports: [], ready: Promise.resolve(), waitsFor: undefined };
    this.#loaded.set(file, loaded);
    this.#note(file);
    try {
      if (format === "json") loaded.exports = fromJson(file);
      else {
        const { code, map } = this.#language.compileModule(file);
        if (code.startsWith("async "))
          throw new Error(`require() cannot wait for ${file}, which awaits; import it instead.`);
        void this.#run(loaded, code, map, new Map());
      }
    } catch (error) {
      this.#loaded.delete(file);
      throw error;
    }
    return loaded;
  }

  #run(loaded: LoadedModule, code: string, map: string, ready: ReadonlyMap<string, unknown>): unknown {
    const { file } = loaded;
    keepSourceMap(file, map, code);
    const make = vm.runInThisContext(code, { filename: file }) as (...given: unknown[]) => unknown;
    const require = this.requireFor(file);
    const module = { exports: loaded.exports, id: file, filename: file, loaded: false };
    const requireReady = Object.assign(
      (name: string): unknown => (ready.has(name) ? ready.get(name) : (require(name) as unknown)),
      require,
    );
    // `export =` replaces what is exported.
    const take = () => {
      loaded.exports = module.exports;
    };
    const run = make(this.#contextOf(file), requireReady, module, loaded.exports, file, path.dirname(file));
    if (run instanceof Promise) return run.then(take);
    take();
    return undefined;
  }

  #contextOf(file: string): ModuleContext {
    const base = this.#base;
    return {
      get interrupts() {
        return base.interrupts;
      },
      resume: (before, value) => base.resume(before, value),
      meta: metaOf(file),
      importLater: (name) => this.importLater(name, file),
    };
  }

  /** Notes that a file was loaded as it is now. */
  #note(file: string): void {
    if (isEditable(file) && !this.#known.has(file)) this.#known.set(file, stateOf(file));
  }

  /** Notes what Node has loaded since; call it after each cell. */
  remember(): void {
    for (const [file, module] of Object.entries(nodesModules)) {
      if (file.startsWith(ownFolder)) continue;
      // A module whose loading was interrupted would remain incomplete.
      if (!module?.loaded) delete nodesModules[file];
      else this.#note(file);
    }
  }

  /** A cell is a module of this file; what has imported it before must see the new one. */
  replace(file: string): void {
    this.#known.set(file, { mtime: -1, hash: undefined });
  }

  /**
   * Loads again what has changed since it was loaded, and gives cells' variables the new values.
   * @returns the changed files and the others that use them, both empty if nothing has changed; and the variables that
   * could not get their new values, with the reason
   */
  async refresh(): Promise<{ changed: string[]; dependents: string[]; failures: Map<string, unknown> }> {
    const changed = this.#changedFiles();
    const dropped = this.#withDependents(changed);
    for (const file of dropped) {
      delete nodesModules[file];
      this.#loaded.delete(file);
      this.#known.delete(file);
    }
    const failures = new Map<string, unknown>();
    for (const [variable, bound] of this.#bound) {
      bound.isStale ||= dropped.includes(bound.file);
      try {
        if (bound.isStale) bound.imported = (await this.#import(bound.name, undefined)).imported;
        // Also of a module that has not changed: what it exports may have another value by now.
        if (bound.isStale || this.#loaded.has(bound.file)) bound.bind(bound.imported);
        bound.isStale = false;
      } catch (error) {
        failures.set(variable, error);
        this.#note(bound.file); // an edit may mend it
      }
    }
    return { changed, dependents: dropped.filter((file) => !changed.includes(file)), failures };
  }

  #changedFiles(): string[] {
    return [...this.#known].flatMap(([file, before]) => {
      const mtime = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      if (mtime === before.mtime) return [];
      const now = stateOf(file);
      this.#known.set(file, now);
      return before.hash !== undefined && now.hash === before.hash ? [] : [file]; // a build may write the same again
    });
  }

  /** The files and all loaded editable ones that use them, directly or not. */
  #withDependents(files: string[]): string[] {
    if (files.length === 0) return [];
    const found = new Set(files);
    let size;
    do {
      size = found.size;
      for (const [file, module] of Object.entries(nodesModules)) {
        if (isEditable(file) && module?.children.some((child) => found.has(child.filename))) found.add(file);
      }
      for (const [file, { imports }] of this.#loaded) if (imports.some((used) => found.has(used))) found.add(file);
    } while (found.size > size);
    return [...found];
  }
}

/** `import.meta` of a file. */
export function metaOf(file: string): ImportMeta {
  const url = pathToFileURL(file).href;
  const require = createRequire(file);
  const resolve = (name: string) => {
    if (isBuiltin(name)) return name.startsWith("node:") ? name : `node:${name}`;
    if (/^[a-z]+:/.test(name)) return name;
    return /^\.{0,2}\//.test(name) ? new URL(name, url).href : pathToFileURL(require.resolve(name)).href;
  };
  return { url, filename: file, dirname: path.dirname(file), resolve } as ImportMeta;
}

function fromJson(file: string): Namespace {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${path.basename(file)} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const named = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  return { ...named, default: value, __esModule: true };
}

/** Whether a module waits for another to run, directly or not. */
function waitsFor(module: LoadedModule, other: LoadedModule): boolean {
  for (let next: LoadedModule | undefined = module; next; next = next.waitsFor) if (next === other) return true;
  return false;
}

/** A compiled module's names. */
function fromCompiled(loaded: LoadedModule, module: string): Imported {
  return (name) => {
    const { exports } = loaded;
    if (!isObject(exports) || exports.__esModule !== true) return fromCommonJs(exports)(name);
    if (name === "*") return exports;
    return name in exports ? exports[name] : missing(module, name);
  };
}

/** What Node's `import` gives. Of a CommonJS module it may not know all names. */
function fromNamespace(namespace: Namespace, module: string): Imported {
  const { default: whole } = namespace;
  const isCommonJs = isObject(whole) && Object.values(nodesModules).some((loaded) => loaded?.exports === whole);
  if (isCommonJs) return fromCommonJs(whole);
  return (name) => {
    if (name === "*") return namespace;
    if (name in namespace) return namespace[name];
    return isObject(whole) && name in whole ? (whole as Namespace)[name] : missing(module, name);
  };
}

/** What TypeScript makes of a CommonJS module: an ES module that was compiled, or else a value with names. */
function fromCommonJs(exports: unknown): Imported {
  const isCompiled = isObject(exports) && (exports as Namespace).__esModule === true;
  return (name) => {
    if (name === "default") return isCompiled && "default" in exports ? exports.default : exports;
    if (name !== "*") return (exports as Namespace | undefined)?.[name];
    if (isCompiled || !isObject(exports)) return exports;
    const all: Namespace = { default: exports };
    for (const key of Object.getOwnPropertyNames(exports))
      if (key !== "default")
        Object.defineProperty(all, key, { enumerable: true, get: () => (exports as Namespace)[key] });
    return all;
  };
}

const isNotFound = (error: unknown): error is Error =>
  ["ERR_MODULE_NOT_FOUND", "ERR_UNSUPPORTED_DIR_IMPORT", "ERR_PACKAGE_PATH_NOT_EXPORTED"].includes(
    String((error as NodeJS.ErrnoException | null)?.code),
  );

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

function missing(module: string, name: string): never {
  throw new SyntaxError(`The module ${JSON.stringify(module)} does not export ${name}.`);
}

function stateOf(file: string): FileState {
  try {
    const { mtimeMs: mtime } = statSync(file);
    return { mtime, hash: createHash("sha256").update(readFileSync(file)).digest("hex") };
  } catch {
    return { mtime: undefined, hash: undefined };
  }
}
