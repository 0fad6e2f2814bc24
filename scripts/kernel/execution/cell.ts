// Runs one cell after another with tslab's executor, and reports how each of them ended.
import path from "node:path";
import type { CompletionInfo } from "tslab/dist/converter.js";
import {
  COMPILING,
  type ErrorContent,
  type ErrorReply,
  type ExecuteContent,
  type ExecuteReply,
  type Flags,
  type MimeBundle,
  type Publication,
  TIDYING,
} from "../messages.js";
import { Compiler, type QuickInfo } from "./compiler.js";
import { mimeBundle, plainBundle } from "./display.js";
import { Reloader } from "./reload.js";
import { describeDiagnostics, describeError } from "./traceback.js";
import { createExecutor } from "./tslab.js";

/** An interrupted cell has this long to end by itself. */
const GRACE_MS = 50;
/** In this time unhandled rejections are noticed, and timers of 0 ms run. */
const LOOSE_ENDS_MS = 2;

declare global {
  /** What compiled cells find: tslab's own, and what awaits.ts has them call. */
  var __tslab__: {
    /** Counts the interrupts so far. */
    interrupts: number;
    /** Passes the awaited value on, unless an interrupt came during the wait. */
    resume<Value>(interruptsBefore: number, value: Value): Value;
  };
}

class Interrupted extends Error {
  override name = "Interrupted";
  override message = "the cell was stopped before its end";
}

/** Type errors are described separately: they have places, but no stack. */
class CompileError extends Error {}

interface RunningCell {
  /** Tells the library when the cell is interrupted, or fails. */
  controller: AbortController;
  /** Ends the cell. */
  fail: (error: unknown) => void;
}

export class CellRunner {
  readonly #publish: (publication: Publication) => void;
  readonly #flags: Flags;
  readonly #compiler: Compiler;
  readonly #executor: ReturnType<typeof createExecutor>;
  readonly #reloader = new Reloader();
  /** What tslab's executor has to say: the value of the last expression, or what was thrown. */
  #outcome: { value?: unknown; thrown?: unknown } = {};
  /** The code of every cell, by its name in stack traces. */
  readonly #sources = new Map<string, string>();
  #running: RunningCell | undefined;
  /** Whether the error of the cell that began last is published. */
  #hasFailed = false;
  /** Errors from timers, or from promises that were not awaited, thrown while no cell was running. */
  readonly #lateErrors: ErrorContent[] = [];

  /** @param publish sends a message on iopub */
  constructor(publish: (publication: Publication) => void, flags: Flags) {
    this.#publish = publish;
    this.#flags = flags;
    this.#compiler = new Compiler((busy) => Atomics.store(flags, COMPILING, busy ? 1 : 0));
    this.#executor = createExecutor(
      process.cwd(),
      { node: this.#compiler, browser: this.#compiler, close() {} },
      {
        log: (value: unknown) => (this.#outcome.value = value),
        error: (thrown: unknown) => (this.#outcome.thrown = thrown),
      },
    );
    globalThis.__tslab__.interrupts = 0;
    globalThis.__tslab__.resume = (interruptsBefore, value) => {
      if (interruptsBefore !== globalThis.__tslab__.interrupts) throw new Interrupted();
      return value;
    };
    process.on("uncaughtException", (error) => this.#failLate(error));
    process.on("unhandledRejection", (error) => this.#failLate(error));
  }

  /** The values of the cells so far, by name. */
  get locals(): Record<string, unknown> {
    return this.#executor.locals;
  }

  /** The signal that is aborted when the running cell is interrupted, or fails. */
  get signal(): AbortSignal | undefined {
    return this.#running?.controller.signal;
  }

  /** Answers an execute_request. */
  async execute({ code, silent }: ExecuteContent, count: number): Promise<ExecuteReply> {
    const name = `In[${count}]`;
    this.#hasFailed = false;
    this.#compiler.cellName = name;
    this.#compiler.diagnostics = [];
    this.#sources.set(name, code);
    const lateErrors = this.#lateErrors.splice(0);
    for (const error of lateErrors) this.#publish({ type: "error", content: error });
    const run = this.#run(code);
    const running = this.#running;
    try {
      const value = await run;
      if (value != null && !silent) await this.#show(value, count);
      if (lateErrors.length > 0) return { status: "error", ...lateErrors[0] };
      return { status: "ok", user_expressions: {} };
    } catch (thrown) {
      const error =
        thrown instanceof CompileError
          ? describeDiagnostics(this.#compiler.diagnostics, name, code)
          : this.#describe(thrown);
      if (this.#running === running) this.#publishFailure(error); // else abandoned, and answered
      return { status: "error", ...error };
    } finally {
      if (this.#running === running) this.#running = undefined;
      this.#reloader.remember();
    }
  }

  /** Publishes a cell's value. Should the value fail to show itself, its plain text is shown all the same. */
  async #show(value: unknown, count: number): Promise<void> {
    const publish = (data: MimeBundle) =>
      this.#publish({ type: "execute_result", content: { data, metadata: {}, execution_count: count } });
    try {
      publish(await mimeBundle(value));
    } catch (error) {
      publish(plainBundle(value));
      throw error;
    }
  }

  /** Gives the value of the last expression, or throws what the cell throws. */
  async #run(code: string): Promise<unknown> {
    this.#outcome = {};
    const controller = new AbortController();
    const failed = new Promise<never>((_, reject) => {
      this.#running = { controller, fail: reject };
    });
    try {
      // The cell starts on a stack of its own: an interrupt that ends a loop unwinds everything on the stack.
      const executed = new Promise<boolean>((resolve, reject) =>
        setImmediate(() => {
          if (controller.signal.aborted) return; // stopped before it began
          try {
            this.#reload();
            resolve(this.#executor.execute(code));
          } catch (error) {
            reject(error);
          }
        }),
      );
      const ok = await Promise.race([executed, failed]);
      const { value, thrown } = this.#outcome;
      if (this.#compiler.diagnostics.length > 0) throw new CompileError();
      if (!ok) throw thrown;
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOSE_ENDS_MS)), failed]);
      return value;
    } catch (error) {
      controller.abort(error instanceof CompileError ? undefined : error);
      throw error;
    }
  }

  #reload(): void {
    const { changed, dependents } = this.#reloader.refresh(this.#compiler.declarations, this.locals);
    if (changed.length === 0) return;
    const names = changed.map((file) => path.relative(process.cwd(), file)).join(", ");
    const others = dependents.length === 0 ? "" : ` and ${dependents.length} that use it`;
    console.warn(`Reloaded: ${names}${others}. What cells made before still runs the old code; run them again.`);
  }

  /**
   * Ends the running cell, as the protocol's thread asks for.
   * @returns false if there is none, or if it was told so before
   */
  interrupt(): boolean {
    const running = this.#running;
    if (!running || running.controller.signal.aborted) return false;
    globalThis.__tslab__.interrupts++;
    const interrupted = new Interrupted();
    Atomics.store(this.#flags, TIDYING, 1);
    running.controller.abort(interrupted);
    Atomics.store(this.#flags, TIDYING, 0);
    // An await that ends soon ends the cell itself, and its `finally` blocks run before the answer.
    setTimeout(() => {
      if (this.#running === running) running.fail(interrupted);
    }, GRACE_MS);
    return true;
  }

  #publishFailure(error: ErrorContent): void {
    this.#publish({ type: "error", content: error });
    this.#hasFailed = true;
  }

  /** Abandons a cell that can no longer end by itself, and answers in its place. */
  abandon(): ErrorReply {
    const error = this.#describe(new Interrupted());
    this.#running = undefined;
    // The answer may have been cut off together with a loop, and the error may already be published.
    if (!this.#hasFailed) this.#publishFailure(error);
    return { status: "error", ...error };
  }

  /** An error that no cell awaits fails the running cell, or else the next one, so that it cannot go unnoticed. */
  #failLate(error: unknown): void {
    if (error instanceof Interrupted) return; // the rest of an interrupted cell
    if (this.#running) {
      this.#running.fail(error);
      return;
    }
    const description = this.#describe(error);
    this.#publish({ type: "error", content: description });
    description.traceback.unshift("This was thrown by an earlier cell, after it had ended:");
    this.#lateErrors.push(description);
  }

  #describe(thrown: unknown): ErrorContent {
    return describeError(thrown, (cellName) => this.#sources.get(cellName));
  }

  complete(code: string, position: number): CompletionInfo {
    return this.#executor.complete(code, position);
  }

  inspect(code: string, position: number): QuickInfo {
    return this.#executor.inspect(code, position);
  }
}
