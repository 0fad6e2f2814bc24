// Runs one cell after another with tslab's executor, and says how each of them ended.

const path = require("node:path");
const { createExecutor } = require("tslab/dist/executor.js");
const { Compiler } = require("./compiler.cjs");
const { mimeBundle, plainBundle } = require("./display.cjs");
const { COMPILING, TIDYING } = require("./interrupt.cjs");
const { Reloader } = require("./reload.cjs");
const { describeDiagnostics, describeError } = require("./traceback.cjs");

const MOMENT = 50; // ms that an interrupted cell has to end by itself

class Interrupted extends Error {
  name = "Interrupted";
  message = "the cell was stopped before its end";
}

/** Type errors are described apart: they have no stack, but places. */
class CompileError extends Error {}

class CellRunner {
  compiler = new Compiler();
  #publish;
  #shared;
  #executor;
  /** What tslab's executor has to say: the value of the last expression, or what was thrown. */
  #result;
  #thrown;
  /** The code of every cell, by its name in stack traces. */
  #sources = new Map();
  /** The cell that runs: `fail(error)` ends it, `controller` tells the library. */
  #running;
  /** Whether the error of the cell that was begun last is published. */
  #hasFailed = false;
  #reloader = new Reloader();
  /** Errors from timers or promises that nobody waited for, thrown while no cell was running. */
  #lateErrors = [];

  /**
   * @param publish sends a message on iopub
   * @param shared the numbers that the protocol's thread sees, too
   */
  constructor(publish, shared) {
    this.#publish = publish;
    this.#shared = shared;
    this.compiler.onBusy = (busy) => Atomics.store(shared, COMPILING, busy ? 1 : 0);
    this.#executor = createExecutor(
      process.cwd(),
      { node: this.compiler, browser: this.compiler, close() {} },
      {
        log: (value) => (this.#result = value),
        error: (thrown) => (this.#thrown = { value: thrown }),
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
  get locals() {
    return this.#executor.locals;
  }

  /** The signal that is aborted when the running cell is interrupted, or fails. */
  get signal() {
    return this.#running?.controller.signal;
  }

  /** Answers an execute_request. */
  async execute({ code, silent }, count) {
    const name = `In[${count}]`;
    this.#hasFailed = false;
    this.compiler.cellName = name;
    this.compiler.diagnostics = [];
    this.#sources.set(name, code);
    const lateErrors = this.#lateErrors.splice(0);
    for (const error of lateErrors) this.#publish("error", error);
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
          ? describeDiagnostics(this.compiler.diagnostics, name, code)
          : this.#describe(thrown);
      if (this.#running === running) this.#publishFailure(error); // else abandoned, and answered
      return { status: "error", ...error };
    } finally {
      if (this.#running === running) this.#running = undefined;
      this.#reloader.remember();
    }
  }

  /** Publishes a cell's value. Should the value fail to show itself, its plain text is there all the same. */
  async #show(value, count) {
    const publish = (data) => this.#publish("execute_result", { data, metadata: {}, execution_count: count });
    try {
      publish(await mimeBundle(value));
    } catch (error) {
      publish(plainBundle(value));
      throw error;
    }
  }

  /** Gives the value of the last expression, or throws what the cell throws. */
  async #run(code) {
    this.#result = this.#thrown = undefined;
    const controller = new AbortController();
    const failed = new Promise((_, reject) => {
      this.#running = { controller, fail: reject };
    });
    try {
      // The cell starts on a stack of its own: an interrupt that ends a loop unwinds all that stands on the stack.
      const executed = new Promise((resolve, reject) =>
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
      const result = this.#result;
      if (this.compiler.diagnostics.length > 0) throw new CompileError();
      if (!ok) throw this.#thrown.value;
      // A promise that the cell let go of may have failed already: let Node find out, and timers of 0 ms run.
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 2)), failed]);
      return result;
    } catch (error) {
      controller.abort(error instanceof CompileError ? undefined : error);
      throw error;
    }
  }

  #reload() {
    const { changed, dependents } = this.#reloader.refresh(this.compiler.declarations, this.#executor.locals);
    if (changed.length === 0) return;
    const names = changed.map((file) => path.relative(process.cwd(), file)).join(", ");
    const others = dependents.length === 0 ? "" : ` and ${dependents.length} that use it`;
    console.warn(`Loaded anew: ${names}${others}. What cells made before still runs the old code; run them again.`);
  }

  /**
   * Ends the running cell, as the protocol's thread asks for.
   * @returns false if there is none, or if it was told so before
   */
  interrupt() {
    if (!this.#running || this.#running.controller.signal.aborted) return false;
    globalThis.__tslab__.interrupts++;
    const running = this.#running;
    const interrupted = new Interrupted();
    Atomics.store(this.#shared, TIDYING, 1);
    running.controller.abort(interrupted);
    Atomics.store(this.#shared, TIDYING, 0);
    // An await that ends soon ends the cell itself, and its `finally` blocks run before the answer.
    setTimeout(() => this.#running === running && running.fail(interrupted), MOMENT);
    return true;
  }

  #publishFailure(error) {
    this.#publish("error", error);
    this.#hasFailed = true;
  }

  /** Forgets a cell that cannot end by itself any more, and gives the answer in its place. */
  abandon() {
    const error = this.#describe(new Interrupted());
    this.#running = undefined;
    // The answer may have been torn away together with a loop, and the error already be there.
    if (!this.#hasFailed) this.#publishFailure(error);
    return { status: "error", ...error };
  }

  /** An error that no cell waits for fails the cell that runs, or else the next one, so that it cannot pass unseen. */
  #failLate(error) {
    if (error instanceof Interrupted) return; // the rest of an interrupted cell
    if (this.#running) return this.#running.fail(error);
    const description = this.#describe(error);
    this.#publish("error", description);
    description.traceback.unshift("This was thrown by an earlier cell, after it had ended:");
    this.#lateErrors.push(description);
  }

  #describe(thrown) {
    return describeError(thrown, (cellName) => this.#sources.get(cellName));
  }

  complete(code, position) {
    return this.#executor.complete(code, position);
  }
  inspect(code, position) {
    return this.#executor.inspect(code, position);
  }
}

module.exports = { CellRunner };
