/**
 * The thread that knows TypeScript. It compiles the cells for the main thread, and answers what an editor asks by
 * itself: completions come while a cell runs, no cell can change what TypeScript is made of, and no interrupt ends it.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { workerData } from "node:worker_threads";
import type {
  CompleteReply,
  CursorContent,
  EditorRequest,
  InspectReply,
  IsCompleteReply,
  LanguageData,
  Port,
  ToLanguage,
  ToProtocolFromLanguage,
} from "../messages.js";
import { nodeFiles } from "./files.js";
import { loadCompiler } from "./load-compiler.js";

/** After this time the first cell has run, as a rule. */
const QUIET_MS = 1500;

const data = workerData as LanguageData;
const { folder, globals, awake } = data;
const execution: Port<object, ToLanguage> = data.execution;
const waiting: Port<object, ToLanguage> = data.waiting;
const protocol: Port<ToProtocolFromLanguage, EditorRequest> = data.protocol;
const require = createRequire(import.meta.url);

const { createCompiler, remember } = loadCompiler();
const compiler = createCompiler(
  nodeFiles,
  { folder, library: typeScriptsLibrary(), modules: modulesBroughtAlong() },
  globals,
);
warmUp();

execution.on("message", (question) => {
  execution.postMessage({ id: question.id, ...answered(question) });
});

// Whoever asks here sleeps until there is an answer.
waiting.on("message", (question) => {
  waiting.postMessage({ id: question.id, ...answered(question) });
  Atomics.add(awake, 0, 1);
  Atomics.notify(awake, 0);
});

protocol.on("message", (request) => {
  let content: object;
  try {
    content = replyTo(request);
  } catch (error) {
    const { name, message, stack } = error as Error;
    content = { status: "error", ename: name, evalue: message, traceback: [String(stack)] };
  }
  protocol.postMessage({ to: request.id, content: content as CompleteReply });
});

function answered(question: ToLanguage): { answer: unknown } | { failure: string } {
  try {
    return { answer: answerTo(question) };
  } catch (error) {
    return { failure: String((error as Error).stack) };
  }
}

function answerTo(question: ToLanguage): unknown {
  switch (question.kind) {
    case "compile":
      return compiler.compile(question.code, question.name);
    case "resolve":
      return compiler.resolve(question.name, question.from);
    case "module":
      return compiler.compileModule(question.file);
  }
}

function typeScriptsLibrary(): string {
  return path.dirname(require.resolve("typescript"));
}

/** tslab, and the types of the Node that runs. */
function modulesBroughtAlong(): Map<string, string> {
  const isOld = Number(process.versions.node.split(".")[0]) < 22;
  const types = require.resolve(isOld ? "@types/node/package.json" : "types-node-22/package.json");
  return new Map([
    ["tslab", require.resolve("tslab").replace(/\.js$/, ".d.ts")],
    ["@types/node", path.join(path.dirname(types), "index.d.ts")],
  ]);
}

/** Reads the declarations of JavaScript and of Node, so that the first cell need not. */
function warmUp(): void {
  compiler.inspect("console", 1);
  setTimeout(remember, QUIET_MS).unref();
}

// The protocol counts Unicode characters, JavaScript UTF-16 units. They differ after an emoji.
const toUnits = (code: string, characters = code.length) => [...code].slice(0, characters).join("").length;
const toCharacters = (code: string, units: number) => [...code.slice(0, units)].length;

function replyTo(request: EditorRequest): CompleteReply | InspectReply | IsCompleteReply {
  switch (request.type) {
    case "complete_request":
      return complete(request.content);
    case "inspect_request":
      return inspect(request.content);
    case "is_complete_request":
      return compiler.isWhole(request.content.code);
  }
}

function complete({ code, cursor_pos }: CursorContent): CompleteReply {
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

function inspect({ code, cursor_pos }: CursorContent): InspectReply {
  const text = compiler.inspect(code, toUnits(code, cursor_pos));
  return text === undefined
    ? { status: "ok", found: false, data: {}, metadata: {} }
    : { status: "ok", found: true, data: { "text/plain": text }, metadata: {} };
}
