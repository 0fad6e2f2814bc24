// A library file that was edited and rebuilt is seen by the next cell: the changed module and all that use it are
// loaded anew, and the names that cells imported from them are bound to the new ones. No half of it stays old.

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { ts } = require("./compiler.cjs");

const requireFromCell = createRequire(path.join(process.cwd(), "cell.js"));

/** What is not installed may be edited: the library, but neither packages nor this kernel. */
const isEditable = (file) =>
  path.isAbsolute(file) && !file.includes(`${path.sep}node_modules${path.sep}`) && path.dirname(file) !== __dirname;

class Reloader {
  /** Of each loaded file: when it was changed, and a hash of its text. */
  #known = new Map();
  /** Files that are to be loaded anew. Kept until that worked: a build may be half written at first. */
  #stale = new Set();

  /**
   * Loads anew what has changed since it was loaded.
   * @param declarations of the cells so far, among them their imports
   * @param locals the values of the cells so far, by name
   * @returns the changed files and the others that use them; both empty if nothing has changed
   */
  refresh(declarations, locals) {
    const changed = this.#changedFiles();
    const dropped = withDependents(changed);
    for (const file of dropped) {
      delete require.cache[file];
      this.#known.delete(file);
      this.#stale.add(file);
    }
    if (this.#stale.size > 0) {
      this.#bind(declarations, locals);
      this.#stale.clear();
    }
    return { changed, dependents: dropped.filter((file) => !changed.includes(file)) };
  }

  /** Notes what has been loaded since, to be called after each cell. */
  remember() {
    for (const [file, module] of Object.entries(require.cache)) {
      // A module that was interrupted while it loaded would stay half there.
      if (!module.loaded) delete require.cache[file];
      else if (isEditable(file) && !this.#known.has(file)) this.#known.set(file, stateOf(file));
    }
  }

  #changedFiles() {
    return [...this.#known].flatMap(([file, before]) => {
      const mtime = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      if (mtime === before.mtime) return [];
      const now = stateOf(file);
      this.#known.set(file, now);
      return now.hash === before.hash ? [] : [file]; // a build may write the same again
    });
  }

  #bind(declarations, locals) {
    const { statements } = ts.createSourceFile("declarations.ts", declarations, ts.ScriptTarget.Latest);
    for (const { importClause, moduleSpecifier } of statements.filter(ts.isImportDeclaration)) {
      const file = resolve(moduleSpecifier.text);
      if (!importClause || !this.#stale.has(file)) continue;
      const module = requireFromCell(file);
      const asDefault = module.__esModule ? module : { ...module, default: module };
      if (importClause.name) rebind(locals, importClause.name.text, asDefault.default);
      const { namedBindings } = importClause;
      if (!namedBindings) continue;
      if (ts.isNamespaceImport(namedBindings)) rebind(locals, namedBindings.name.text, asDefault);
      else
        for (const { name, propertyName } of namedBindings.elements)
          rebind(locals, name.text, asDefault[(propertyName ?? name).text]);
    }
  }
}

/** Types are imported, too, and have no value. */
function rebind(locals, name, value) {
  if (name in locals) locals[name] = value;
}

function resolve(specifier) {
  try {
    return requireFromCell.resolve(specifier);
  } catch {
    return undefined;
  }
}

function stateOf(file) {
  try {
    const { mtimeMs: mtime } = fs.statSync(file);
    return { mtime, hash: createHash("sha256").update(fs.readFileSync(file)).digest("hex") };
  } catch {
    return { mtime: undefined, hash: undefined }; // deleted
  }
}

/** The files and all loaded editable ones that use them, directly or not. */
function withDependents(files) {
  const found = new Set(files);
  let size;
  do {
    size = found.size;
    for (const [file, { children }] of Object.entries(require.cache)) {
      if (isEditable(file) && children.some((child) => found.has(child.filename))) found.add(file);
    }
  } while (found.size > size);
  return [...found];
}

module.exports = { Reloader };
