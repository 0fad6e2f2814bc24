// The compiler's files, in Node.
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { FileSystem } from "../compiler/file-system.js";

/** A path as the compiler has it, and as the system does: on Windows the one has slashes, the other backslashes. */
export const withSlashes = (file: string) => file.replaceAll(path.sep, "/");
export const asSystem = (file: string) => file.replaceAll("/", path.sep);

const stat = (path: string) => statSync(path, { throwIfNoEntry: false });

/** What asks for a file that cannot be reached asks for one that is not there. */
function orElse<Result>(otherwise: Result, ask: () => Result): Result {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}

export const nodeFiles: FileSystem = {
  read: (file) => orElse(undefined, () => readFileSync(file, "utf8").replace(/^\uFEFF/, "")),
  fileExists: (file) => orElse(false, () => stat(file)?.isFile() === true),
  folderExists: (folder) => orElse(false, () => stat(folder)?.isDirectory() === true),
  list: (folder) =>
    orElse({ files: [], folders: [] }, () => {
      const entries = readdirSync(folder, { withFileTypes: true });
      const isFolder = (entry: (typeof entries)[number]) =>
        entry.isDirectory() || (entry.isSymbolicLink() && nodeFiles.folderExists(`${folder}/${entry.name}`));
      return {
        files: entries.filter((entry) => !isFolder(entry)).map(({ name }) => name),
        folders: entries.filter(isFolder).map(({ name }) => name),
      };
    }),
  realpath: (path) => orElse(path, () => withSlashes(realpathSync(path))),
  version: (file) =>
    orElse("", () => {
      const found = stat(file);
      return found ? `${found.mtimeMs} ${found.size}` : "";
    }),
};
