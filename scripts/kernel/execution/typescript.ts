// The TypeScript that tslab compiles with, as it is; patches.ts tells what tslab finds in its place.
import type ts from "@tslab/typescript-for-tslab";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const requireFromTslab = createRequire(require.resolve("tslab/package.json"));

/** Where it lies. */
export const typescriptFile = requireFromTslab.resolve("@tslab/typescript-for-tslab");

/** TypeScript with what its own types leave out. */
export type TypeScript = Omit<typeof ts, "Completions"> & {
  Completions: typeof ts.Completions & {
    getCompletionsAtPosition(
      ...args: [
        ...Parameters<typeof ts.Completions.getCompletionsAtPositionForTslab>,
        formatContext: undefined,
        includeSymbol: boolean,
      ]
    ): ts.CompletionInfo | undefined;
  };
};

export const typescript = require(typescriptFile) as TypeScript;
