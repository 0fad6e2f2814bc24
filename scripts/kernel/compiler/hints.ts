// What a reader can do about a problem. Without TypeScript, which the thread that shows problems does not load.
import type { Problem } from "./diagnostics.js";

/** What to do, if that is known. */
export function hintFor({ code, message, source, place }: Problem): string | undefined {
  const line = source.split(/\r\n|\r|\n/)[place.line - 1] ?? "";
  const magic = magicHint(source);
  if (magic !== undefined) return magic;
  switch (code) {
    case 2304:
    case 2552: {
      const name = /'(.+?)'/.exec(message)?.[1] ?? "";
      const [before, after] = [line.slice(0, place.column - 1), line.slice(place.column - 1 + name.length)];
      const isAssigned = /(^|[;{}(,])\s*$/.test(before) && /^\s*=[^=>]/.test(after);
      return isAssigned ? `Declare it first: let ${name} = …` : otherNameHint(name);
    }
    case 2307:
    case 2591:
    case 2792: {
      const name = /'(.+?)'/.exec(message)?.[1] ?? "";
      return packageHint(name);
    }
    case 17004:
      return 'To write JSX, put a tsconfig.json with { "compilerOptions": { "jsx": "react-jsx" } } beside the notebook.';
    default:
      return undefined;
  }
}

function packageHint(specifier: string): string | undefined {
  if (/^(https?|jsr):/.test(specifier))
    return "Modules come from files and from installed packages; install it with npm, and import it by its name.";
  if (specifier.startsWith("node:")) return "The Node.js that runs has no such module; a newer one may.";
  if (/^([./]|file:|data:|#)/.test(specifier)) return undefined;
  const name = specifier.replace(/^npm:\/?/, "");
  const versioned = /^((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? name;
  return `If it is a package, install it beside the notebook: npm install ${versioned}`;
}

/** Functions of other notebooks, and what they are called here. */
function otherNameHint(name: string): string | undefined {
  if (name === "print" || name === "println") return "console.log(…) prints.";
  if (name === "help") return "Shift+Tab behind a name explains it.";
  return undefined;
}

/** What other notebooks write in front of, or behind, a line. */
export function magicHint(source: string): string | undefined {
  const code = source.trim();
  const first = code.split("\n", 1)[0];
  const shell = (command: string) =>
    `Here: import { execSync } from "node:child_process"; execSync(${JSON.stringify(command)}, { stdio: "inherit" })`;
  const magic = /^%%?(\w+)/.exec(first);
  if (magic) {
    const [whole, name] = magic;
    const known = `${whole} is a magic of Python's kernel, which this one does not have.`;
    if (/^time/.test(name)) return `${known} console.time("it") and console.timeEnd("it") measure.`;
    if (/^(bash|sh|script|system)$/.test(name)) return `${known} ${shell(code.split("\n").slice(1).join("; "))}`;
    if (/^(html|svg|markdown|latex)$/i.test(name))
      return `${known} Here: import * as tslab from "tslab"; tslab.display.${name.toLowerCase()}("…")`;
    return known;
  }
  if (/^!\s*[a-z][\w-]*(\s|$)/.test(first) && !/^!\s*\w+\s*[;)&|=.([]/.test(first))
    return `A shell command, which is a magic of Python's kernel. ${shell(first.slice(1).trim())}`;
  if (/^\?{1,2}[\w.]+$/.test(code) || /^[\w.]+\?{1,2}$/.test(code))
    return "To inspect a name, put the cursor on it and press Shift+Tab.";
  if (/^(npm|npx|pip|yarn|pnpm)\s+\w+/.test(first)) return `Run it in a terminal, or in a cell. ${shell(first)}`;
  return undefined;
}
