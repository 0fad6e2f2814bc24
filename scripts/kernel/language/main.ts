/**
 * The process that knows TypeScript. It compiles the cells for the main thread, and answers what an editor asks by
 * itself: completions come while a cell runs, no cell can change what TypeScript is made of, and no interrupt ends it.
 * It is a process, and no thread, because only a process can start from a snapshot; see command.ts.
 */
import { setFlagsFromString, startupSnapshot } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Compiler, createCompiler, newDocuments } from "../compiler/compiler.js";
import type {
  Answer,
  CompleteReply,
  CursorContent,
  FromLanguage,
  InspectReply,
  Question,
  ToLanguage,
} from "../messages.js";
import { asSystem, nodeFiles, withSlashes } from "./files.js";

const ALLOWED_GROWTH_BYTES = 48 * 2 ** 20;

/** What TypeScript has read, for the notebook's compiler to find. */
const documents = newDocuments();
let compiler: Compiler;

/** A little of what most cells have. */
const WARM_UP = `
import * as fs from "node:fs";
const first = [1, 2, 3].map((value) => \`\${value} of \${process.version}\`);
async function late(value: number): Promise<number> { await null; return value }
class Point { constructor(readonly x: number) {} }
console.log(new Point(1), { ...first }, typeof fs.readFileSync);`;

warmUp();
if (startupSnapshot.isBuildingSnapshot()) startupSnapshot.setDeserializeMainFunction(serve);
else serve();

/** Compiles for a notebook without a folder, so that all that every notebook needs has been read, and compiled by V8. */
function warmUp(): void {
  const compiler = compilerFor("/", Object.getOwnPropertyNames(globalThis));
  compiler.compile(WARM_UP, "In[1]");
  compiler.compile("first.length + (await late(2))", "In[2]");
  compiler.inspect("console", 1);
}

/** @param globals the names that are global before the first cell */
function compilerFor(folder: string, globals: string[]): Compiler {
  const [library, tslab, nodeTypes] = process.argv.slice(2);
  const modules = new Map([
    ["tslab", tslab],
    ["@types/node", nodeTypes],
  ]);
  return createCompiler(nodeFiles, { folder, library, modules }, globals, documents);
}

/** Answers the kernel's questions, in the order received, until the kernel is gone. */
function serve(): void {
  const tidy = createTidy();
  process.on("message", ({ id, question }: ToLanguage) => {
    process.send?.({ id, ...answerTo(question) } satisfies FromLanguage);
    setImmediate(tidy);
  });
  process.on("disconnect", () => process.exit());
  process.on("SIGINT", () => {}); // meant for the cell
}

/** Each cell leaves a program of TypeScript behind, which V8 would keep until there are hundreds of megabytes. */
function createTidy(): () => void {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  let used = Infinity;
  return () => {
    const { heapUsed } = process.memoryUsage();
    if (used === Infinity) used = heapUsed;
    if (heapUsed < used + ALLOWED_GROWTH_BYTES) return;
    collectGarbage();
    used = process.memoryUsage().heapUsed;
  };
}

function answerTo(question: Question): Answer {
  try {
    return { answer: resultOf(question) };
  } catch (error) {
    const { stack, message } = error as Error;
    return { failure: String(stack), message };
  }
}

function resultOf(question: Question): unknown {
  switch (question.kind) {
    case "open":
      compiler = compilerFor(withSlashes(question.folder), question.globals);
      compiler.inspect("console", 1); // finds the declarations, while nobody has asked for anything yet
      return compiler.configProblems;
    case "compile":
      return compile(question.code, question.name);
    case "failed":
      return compiler.cellFailed(question.name, question.reached);
    case "resolve":
      return resolve(question.name, question.from);
    case "module":
      return compiler.compileModule(withSlashes(question.file));
    case "complete":
      return complete(question.content);
    case "inspect":
      return inspect(question.content);
    case "isWhole":
      return compiler.isWhole(question.content.code);
  }
}

function compile(code: string, name: string): ReturnType<Compiler["compile"]> {
  const compiled = compiler.compile(code, name);
  return "module" in compiled && compiled.module ? { ...compiled, module: asSystem(compiled.module) } : compiled;
}

function resolve(name: string, from: string | undefined): ReturnType<Compiler["resolve"]> {
  const found = compiler.resolve(name, from && withSlashes(from));
  return found && { ...found, file: asSystem(found.file) };
}

// The protocol counts Unicode characters, JavaScript UTF-16 units. They differ after an emoji.
const toUnits = (code: string, characters = code.length) => [...code].slice(0, characters).join("").length;
const toCharacters = (code: string, units: number) => [...code.slice(0, units)].length;

function complete({ code, cursor_pos = Infinity }: CursorContent): CompleteReply {
  const { start, end, entries } = compiler.complete(code, toUnits(code, cursor_pos));
  const matches = [...new Set(entries.map(({ name }) => name))];
  const cursor_start = toCharacters(code, start);
  const cursor_end = toCharacters(code, Math.min(end, code.length));
  const kinds = new Map(entries.map(({ name, kind }) => [name, kind]));
  return {
    status: "ok",
    matches,
    cursor_start,
    cursor_end,
    metadata: {
      // What JupyterLab shows beside each name.
      _jupyter_types_experimental: matches.map((text) => ({
        text,
        type: kinds.get(text),
        start: cursor_start,
        end: cursor_end,
      })),
    },
  };
}

function inspect({ code, cursor_pos = Infinity }: CursorContent): InspectReply {
  const text = compiler.inspect(code, toUnits(code, cursor_pos));
  return text === undefined
    ? { status: "ok", found: false, data: {}, metadata: {} }
    : { status: "ok", found: true, data: { "text/plain": text }, metadata: {} };
}
