/**
 * Stack traces as a reader knows the code: places in cells and sources instead of compiled code, and no frames of the
 * kernel. That holds wherever a stack is read: error.stack, console.trace, an error shown as a value.
 */
import { findSourceMap } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "#setup/clone.mjs";
import { isCompiledHere, placeInSource } from "./source-maps.js";

/** The kernel's files. */
const OWN = path.resolve(import.meta.dirname, "..") + path.sep;
const TSLAB = path.join("node_modules", "tslab", "dist");

export function takeOverStacks(): void {
  Error.prepareStackTrace = (error, callSites) => {
    let stack = headOf(error);
    // Without any method that a cell may have replaced: an error in here would end the kernel.
    for (let i = 0; i < callSites.length; i++) {
      const frame = frameOf(callSites[i]);
      if (frame !== undefined) stack += `\n    at ${frame}`;
    }
    return stack;
  };
}

function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/** A frame as text; undefined for one that says nothing about a cell. */
function frameOf(site: NodeJS.CallSite): string | undefined {
  const name = site.getFileName() ?? site.getScriptNameOrSourceURL?.() ?? "";
  if (name.startsWith("node:")) return undefined;
  const file = name.startsWith("file:") ? fileURLToPath(name) : name;
  if (file.startsWith(OWN) || file.includes(TSLAB)) return undefined;
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (line == null || column == null || name === "") return String(site);
  if (isCompiledHere(file)) {
    const place = placeInSource(file, line, column);
    return place && described(site, `${shortPath(file)}:${place.line}:${place.column}`);
  }
  const entry = findSourceMap(name)?.findEntry(line - 1, column - 1);
  if (entry && "originalSource" in entry && entry.originalLine !== undefined) {
    const source = entry.originalSource.startsWith("file:")
      ? fileURLToPath(entry.originalSource)
      : entry.originalSource;
    return described(site, `${shortPath(source)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`);
  }
  return described(site, `${shortPath(file)}:${line}:${column}`);
}

/** Names a file of this project as the cell would import it. A saved notebook must not reveal whose machine it was. */
export function shortPath(file: string): string {
  const whole = path.normalize(file);
  return whole.startsWith(root + path.sep) ? path.relative(folder, whole).replaceAll(path.sep, "/") : file;
}

/** Where the notebook lies. A cell may go elsewhere with process.chdir. */
const folder = process.cwd();

/** As V8 writes it: `f (In[1]:1:2)`, `new A (…)`, `async f (…)`, or the place alone. */
function described(site: NodeJS.CallSite, place: string): string {
  const callee = calleeOf(site);
  const asynchronous = site.isAsync?.() ? "async " : "";
  return callee === undefined ? asynchronous + place : `${asynchronous}${callee} (${place})`;
}

function calleeOf(site: NodeJS.CallSite): string | undefined {
  const name = site.getFunctionName();
  if (site.isPromiseAll?.()) return `Promise.all (index ${site.getPromiseIndex?.()})`;
  if (site.isConstructor()) return `new ${name ?? "<anonymous>"}`;
  if (name === null || site.isToplevel()) return name ?? undefined;
  const type = site.getTypeName();
  const method = site.getMethodName();
  const full = type !== null && !name.startsWith(type) && !site.isAsync?.() ? `${type}.${name}` : name;
  return method !== null && method !== name && !full.endsWith(`.${method}`) ? `${full} [as ${method}]` : full;
}
