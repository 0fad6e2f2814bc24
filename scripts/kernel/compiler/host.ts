// The files that TypeScript sees: those of the file system, the cells, and what every cell knows.
import ts from "typescript";
import { type FileSystem, isInPackage } from "./file-system.js";
import { withoutPrefix } from "./specifiers.js";

/** The specifier by which one cell's file imports another's. */
const CELL_MODULE = /^\.\/In\[/;

export interface Places {
  /** The notebook's folder. */
  folder: string;
  /** Where TypeScript's own declarations lie, lib.esnext.d.ts and so on. */
  library: string;
  /** Files that the kernel brings along: modules that every notebook has, and the types of Node. */
  modules: ReadonlyMap<string, string>;
}

export class CellHost implements ts.LanguageServiceHost {
  readonly #files: FileSystem;
  readonly #places: Places;
  readonly #options: ts.CompilerOptions;
  /** Files that exist only here, each with how often it was written. */
  readonly #own = new Map<string, { text: string; version: number }>();
  #resolutions: ts.ModuleResolutionCache;
  readonly #typeResolutions: ts.TypeReferenceDirectiveResolutionCache;
  /** Cells that later ones must see although they do not import them: they extend what is global. */
  readonly #extending = new Set<string>();
  /** Files that import what was not found. */
  readonly #incomplete = new Set<string>();
  /** The files to check. */
  roots: string[] = [];

  constructor(files: FileSystem, places: Places, options: ts.CompilerOptions) {
    this.#files = files;
    this.#places = places;
    this.#options = options;
    this.#resolutions = this.#newCache();
    this.#typeResolutions = ts.createTypeReferenceDirectiveResolutionCache(places.folder, (name) => name, options);
  }

  #newCache(): ts.ModuleResolutionCache {
    return ts.createModuleResolutionCache(this.#places.folder, (name) => name, this.#options);
  }

  write(file: string, text: string): void {
    this.#own.set(file, { text, version: (this.#own.get(file)?.version ?? 0) + 1 });
  }

  /** From now on, what this file makes global is known to all cells. */
  extendGlobals(file: string): void {
    this.#extending.add(file);
    this.extensions++;
  }

  /** How often something was made global. */
  extensions = 0;

  /** Here TypeScript finds each package.json that it has read. */
  getModuleResolutionCache = () => this.#resolutions;

  /** Where a module was not found, it may be there the next time. */
  hasInvalidatedResolutions = (file: string) => this.#incomplete.has(file);

  getScriptFileNames = () => [...this.roots, ...this.#extending];
  getCompilationSettings = () => this.#options;
  getCurrentDirectory = () => this.#places.folder;
  getDefaultLibFileName = () => `${this.#places.library}/lib.esnext.full.d.ts`;
  getDefaultLibLocation = () => this.#places.library;
  useCaseSensitiveFileNames = () => true;

  getScriptVersion = (file: string) => {
    const own = this.#own.get(file);
    if (own) return String(own.version);
    // What is installed stays as it is; what somebody edits does not.
    return isInPackage(file) ? "installed" : this.#files.version(file);
  };

  getScriptSnapshot = (file: string) => {
    if (isInPackage(file)) return this.#files.fileExists(file) ? this.#laterSnapshot(file) : undefined;
    const text = this.readFile(file);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  };

  /** TypeScript asks for a snapshot of every file whenever anything changes, and looks at the text of the new ones. */
  #laterSnapshot(file: string): ts.IScriptSnapshot {
    let text: string | undefined;
    const whole = () => (text ??= this.readFile(file) ?? "");
    return {
      getText: (start, end) => whole().substring(start, end),
      getLength: () => whole().length,
      getChangeRange: () => undefined,
    };
  }

  readFile = (file: string) => this.#own.get(file)?.text ?? this.#files.read(file);
  fileExists = (file: string) => this.#own.has(file) || this.#files.fileExists(file);
  directoryExists = (folder: string) => this.#files.folderExists(folder);
  getDirectories = (folder: string) => this.#files.list(folder).folders;
  realpath = (path: string) => (this.#own.has(path) ? path : this.#files.realpath(path));
  readDirectory = (folder: string, extensions?: readonly string[]) => {
    const { files } = this.#files.list(folder);
    return files
      .filter((file) => !extensions || extensions.some((extension) => file.endsWith(extension)))
      .map((file) => `${folder}/${file}`);
  };

  resolveModuleNameLiterals = (
    literals: readonly ts.StringLiteralLike[],
    from: string,
    redirected: ts.ResolvedProjectReference | undefined,
    options: ts.CompilerOptions,
  ): ts.ResolvedModuleWithFailedLookupLocations[] =>
    literals.map(({ text, pos }) =>
      isImplied(pos) && !hasJsx(from)
        ? { resolvedModule: undefined }
        : this.resolveModule(text, from, options, redirected),
    );

  resolveModule(
    specifier: string,
    from: string,
    options = this.#options,
    redirected?: ts.ResolvedProjectReference,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    const own = this.#ownModule(specifier);
    if (own !== undefined) return { resolvedModule: { resolvedFileName: own, extension: extensionOf(own) } };
    const name = withoutPrefix(specifier);
    const resolve = () => ts.resolveModuleName(name, from, options, this, this.#resolutions, redirected);
    const resolution = resolve();
    if (resolution.resolvedModule || isInPackage(from) || isDeclaredByNode(name)) return resolution;
    // It may have been installed, or written, since it was looked for the last time.
    this.#resolutions = this.#newCache();
    const again = resolve();
    if (!again.resolvedModule) this.#incomplete.add(from);
    return again;
  }

  /** The package that a specifier with `npm:` means; undefined for any other, or if it is not known. */
  installedPackage(specifier: string, from: string): { name: string; version: string } | undefined {
    if (!specifier.startsWith("npm:")) return undefined;
    const { packageId, resolvedFileName = "" } = this.resolveModule(specifier, from).resolvedModule ?? {};
    if (!packageId?.name.startsWith("@types/")) return packageId;
    // Its types have versions of their own.
    const name = withoutPrefix(specifier);
    const text = this.readFile(`${resolvedFileName.split("/@types/")[0]}/${name}/package.json`);
    return text === undefined ? undefined : { name, version: (JSON.parse(text) as { version: string }).version };
  }

  /** A cell, or a module that the kernel brings along. */
  #ownModule(name: string): string | undefined {
    if (!CELL_MODULE.test(name)) return this.#places.modules.get(name);
    return [".ts", ".tsx"]
      .map((extension) => `${this.#places.folder}${name.slice(1)}${extension}`)
      .find((file) => this.#own.has(file));
  }

  /** The types of Node are those of the Node that runs, even if the notebook's folder has another's. */
  resolveTypeReferenceDirectiveReferences = <Reference extends ts.FileReference | string>(
    references: readonly Reference[],
    from: string,
    redirected: ts.ResolvedProjectReference | undefined,
    options: ts.CompilerOptions,
    _file: ts.SourceFile | undefined,
  ): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations[] =>
    references.map((reference) => {
      const name = typeof reference === "string" ? reference : reference.fileName;
      const own = this.#places.modules.get(`@types/${name}`);
      if (own !== undefined) return { resolvedTypeReferenceDirective: { primary: true, resolvedFileName: own } };
      return ts.resolveTypeReferenceDirective(name, from, options, this, redirected, this.#typeResolutions);
    }) as ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations[];
}

/** TypeScript lets every file import what JSX would need. */
const isImplied = (pos: number) => pos < 0;
const hasJsx = (file: string) => /\.[jt]sx$/.test(file);

/** The declarations of Node's own modules name no file. */
const isDeclaredByNode = (name: string) => name.startsWith("node:");

const extensionOf = (file: string) =>
  file.endsWith(".d.ts") ? ts.Extension.Dts : file.endsWith(".tsx") ? ts.Extension.Tsx : ts.Extension.Ts;
