// tslab's compiler, with what patches.ts adds to it.
import type { CompletionInfo, Converter, ConvertResult, Diagnostic } from "tslab/dist/converter.js";
import { awaitsAtTopLevel } from "./awaits.js";
import { PROMPT_DECLARATION } from "./input.js";
import { forgetFreshMaps, nameSourceMaps } from "./source-maps.js";
import { createConverter } from "./tslab.js";

/** What TypeScript knows of the name at a place. */
export type QuickInfo = ReturnType<Converter["inspect"]>;

/** What it is given of the declarations of earlier cells is tslab's, and it keeps its own instead. */
export class Compiler implements Converter {
  readonly #converter = createConverter({ isJS: false, isBrowser: false });
  readonly #onBusy: (busy: boolean) => void;
  /** What the cells so far have declared, and what there was before, as TypeScript declarations. */
  declarations = PROMPT_DECLARATION;
  /** The next cell's name in stack traces, like `In[3]`. */
  cellName = "In[]";
  /** The cell's type errors, if it has any. */
  diagnostics: Diagnostic[] = [];

  /** @param onBusy is told when compiling begins and ends */
  constructor(onBusy: (busy: boolean) => void) {
    this.#onBusy = onBusy;
  }

  convert(_declarations: string, code: string): ConvertResult {
    forgetFreshMaps();
    const result = this.#guarded(() => this.#converter.convert(this.declarations, code));
    this.diagnostics = result.diagnostics;
    if (result.output === undefined) return result;
    // tslab would forget the declarations of a cell that then failed. Here they are kept, such as the network of an
    // interrupted training.
    this.declarations = result.declOutput ?? "";
    nameSourceMaps(this.cellName, result.output);
    return {
      ...result,
      hasToplevelAwait: awaitsAtTopLevel(code),
      // Starts on a line of its own, because tslab puts a function's head before it.
      output: `\n${result.output}\n//# sourceURL=${this.cellName}`,
    };
  }

  addModule(...args: Parameters<Converter["addModule"]>): Diagnostic[] {
    return (this.diagnostics = this.#guarded(() => this.#converter.addModule(...args)));
  }

  inspect(_declarations: string, code: string, position: number): QuickInfo {
    return this.#guarded(() => this.#converter.inspect(this.declarations, code, position));
  }

  complete(_declarations: string, code: string, position: number): CompletionInfo {
    return this.#guarded(() => this.#converter.complete(this.declarations, code, position));
  }

  close(): void {
    this.#converter.close();
  }

  #guarded<Result>(work: () => Result): Result {
    this.#onBusy(true);
    try {
      return work();
    } finally {
      this.#onBusy(false);
    }
  }
}
