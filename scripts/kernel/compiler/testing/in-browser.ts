// The compiler in a browser: its files are a table, and every session is run.
import { createCompiler } from "../compiler.js";
import type { FileSystem } from "../file-system.js";
import { type Outcome, run, SESSIONS } from "./sessions.js";

function tableFiles(table: Readonly<Record<string, string>>): FileSystem {
  const names = Object.keys(table);
  const isIn = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
  return {
    read: (file) => table[file],
    fileExists: (file) => file in table,
    folderExists: (folder) => names.some(isIn(folder)),
    list: (folder) => ({
      files: names.filter(isIn(folder)).map((file) => file.slice(folder.length + 1)),
      folders: [],
    }),
    realpath: (path) => path,
    version: () => "1",
  };
}

/** @param table TypeScript's declarations, by path */
async function runAll(table: Readonly<Record<string, string>>): Promise<Outcome[][]> {
  const outcomes: Outcome[][] = [];
  for (const session of SESSIONS) {
    const places = { folder: "/notebook", library: "/library", modules: new Map<string, string>() };
    const compiler = createCompiler(tableFiles(table), places, Object.getOwnPropertyNames(globalThis));
    outcomes.push(await run(compiler, session));
  }
  return outcomes;
}

Object.assign(globalThis, { runAll });
