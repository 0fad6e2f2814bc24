// What the compiler needs of a file system, so that it runs in Node and in a browser's worker alike. Paths have
// slashes, on Windows too: "/notes/a.ts", "C:/notes/a.ts".

export interface FileSystem {
  /** The text of a file; undefined if there is none. */
  read(file: string): string | undefined;
  fileExists(file: string): boolean;
  folderExists(folder: string): boolean;
  /** The names of what lies in a folder. */
  list(folder: string): { files: string[]; folders: string[] };
  /** Where a path leads, through symbolic links. */
  realpath(path: string): string;
  /** A text that changes when the file does. */
  version(file: string): string;
}

export const folderOf = (path: string) => path.slice(0, Math.max(path.lastIndexOf("/"), 1));
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
export const isInPackage = (path: string) => path.includes("/node_modules/");

/** Whether it is the file of a cell: of an earlier one, or of the one that is compiled. */
export const isCell = (file: string) => /^(In\[|this cell\.)/.test(nameOf(file));
