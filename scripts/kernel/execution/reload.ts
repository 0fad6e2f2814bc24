/**
 * The next cell sees a library file that was edited and rebuilt: the changed module and everything that uses it are
 * loaded again, and the names that cells imported from them are bound to the new ones. Nothing old remains.
 */
import type ts from "@tslab/typescript-for-tslab";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { typescript } from "./typescript.js";

const requireFromCell = createRequire(path.join(process.cwd(), "cell.js"));
/** All CommonJS modules that are loaded, by file; the kernel's own are ES modules. */
const modules = requireFromCell.cache;

/** Files outside node_modules may be edited: the library, but no packages. */
const isEditable = (file: string) => path.isAbsolute(file) && !file.includes(`${path.sep}node_modules${path.sep}`);

/** When a file was changed, and a hash of its text; both undefined for one that is deleted. */
interface FileState {
  mtime: number | undefined;
  hash: string | undefined;
}

export class Reloader {
  /** Each loaded file. */
  readonly #known = new Map<string, FileState>();
  /** Files that must be loaded again. They are kept until that succeeds, as a build may be half written at first. */
  readonly #stale = new Set<string>();

  /**
   * Loads again what has changed since it was loaded.
   * @param declarations of the cells so far, among them their imports
   * @param locals the values of the cells so far, by name
   * @returns the changed files and the others that use them; both empty if nothing has changed
   */
  refresh(declarations: string, locals: Record<string, unknown>): { changed: string[]; dependents: string[] } {
    const changed = this.#changedFiles();
    const dropped = withDependents(changed);
    for (const file of dropped) {
      delete modules[file];
      this.#known.delete(file);
      this.#stale.add(file);
    }
    if (this.#stale.size > 0) {
      this.#bind(declarations, locals);
      this.#stale.clear();
    }
    return { changed, dependents: dropped.filter((file) => !changed.includes(file)) };
  }

  /** Notes what has been loaded since; call it after each cell. */
  remember(): void {
    for (const [file, module] of Object.entries(modules)) {
      // A module whose loading was interrupted would remain incomplete.
      if (!module?.loaded) delete modules[file];
      else if (isEditable(file) && !this.#known.has(file)) this.#known.set(file, stateOf(file));
    }
  }

  #changedFiles(): string[] {
    return [...this.#known].flatMap(([file, before]) => {
      const mtime = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      if (mtime === before.mtime) return [];
      const now = stateOf(file);
      this.#known.set(file, now);
      return now.hash === before.hash ? [] : [file]; // a build may write the same again
    });
  }

  #bind(declarations: string, locals: Record<string, unknown>): void {
    const { statements } = typescript.createSourceFile("declarations.ts", declarations, typescript.ScriptTarget.Latest);
    for (const { importClause, moduleSpecifier } of statements.filter(typescript.isImportDeclaration)) {
      const file = resolve((moduleSpecifier as ts.StringLiteral).text);
      if (!importClause || file === undefined || !this.#stale.has(file)) continue;
      bindImports(importClause, requireFromCell(file) as Record<string, unknown>, locals);
    }
  }
}

function bindImports(
  { name, namedBindings }: ts.ImportClause,
  module: Record<string, unknown>,
  locals: Record<string, unknown>,
): void {
  /** Types are imported, too, and have no value. */
  const rebind = (local: string, value: unknown) => {
    if (local in locals) locals[local] = value;
  };
  const exported = module.__esModule ? module : { ...module, default: module };
  if (name) rebind(name.text, exported.default);
  if (!namedBindings) return;
  if (typescript.isNamespaceImport(namedBindings)) rebind(namedBindings.name.text, exported);
  else
    for (const { name, propertyName } of namedBindings.elements)
      rebind(name.text, exported[(propertyName ?? name).text]);
}

function resolve(specifier: string): string | undefined {
  try {
    return requireFromCell.resolve(specifier);
  } catch {
    return undefined;
  }
}

function stateOf(file: string): FileState {
  try {
    const { mtimeMs: mtime } = statSync(file);
    return { mtime, hash: createHash("sha256").update(readFileSync(file)).digest("hex") };
  } catch {
    return { mtime: undefined, hash: undefined };
  }
}

/** The files and all loaded editable ones that use them, directly or not. */
function withDependents(files: string[]): string[] {
  const found = new Set(files);
  let size;
  do {
    size = found.size;
    for (const [file, module] of Object.entries(modules)) {
      if (isEditable(file) && module?.children.some((child) => found.has(child.filename))) found.add(file);
    }
  } while (found.size > size);
  return [...found];
}
