// Runs one cell after another, and reports how each of them ended.
import path from "node:path";
import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers";
import vm from "node:vm";
import type { CompiledCell } from "../compiler/compiler.js";
import type { Problem } from "../compiler/diagnostics.js";
import {
  type ErrorContent,
  type ErrorReply,
  type ExecuteReply,
  type Flags,
  type Frame,
  type MimeBundle,
  type Publication,
  type Request,
  TIDYING,
} from "../messages.js";
import { beginCell } from "./current-cell.js";
import { mimeBundle, plainBundle } from "./display.js";
import type { Language } from "./language.js";
import { metaOf, type ModuleContext, Modules } from "./modules.js";
import { keepSourceMap, placeInSource } from "./source-maps.js";
import { describeError, describeProblems } from "./traceback.js";
import { declareVariables } from "./variables.js";

/** An interrupted cell has this long to end by itself. */
const GRACE_MS = 50;
/** In this time unhandled rejections are noticed, and timers of 0 ms run. */
const LOOSE_ENDS_MS = 2;
/** A cell that comes so soon after an error of an earlier one was sent before anybody could see that. */
const UNSEEN_MS = 100;

class Interrupted extends Error {
  override name = "Interrupted";

  constructor(message = "the cell was stopped before its end") {
    super(message);
  }
}

/** Nobody has interrupted it: the heap is full. */
class OutOfMemory extends Interrupted {
  override name = "OutOfMemory";
}

/** An error that says where the cell was. */
function placed(error: Error, frames: Frame[]): Error {
  const lines = frames.flatMap(({ callee, file, line, column }) => {
    const place = placeInSource(file, line, column);
    const text = `${file}:${place?.line}:${place?.column}`;
    return place ? [`    at ${callee === "" ? text : `${callee} (${text})`}`] : [];
  });
  return Object.assign(error, { stack: [String(error), ...lines].join("\n") });
}

/** Whether a text has a word, perhaps in another meaning. */
const mentions = (code: string, word: string) =>
  new RegExp(`(?<![\\p{ID_Continue}$])${word.replaceAll("$", "\\$")}(?![\\p{ID_Continue}$])`, "u").test(code);

/** What TypeScript finds wrong has places, but no stack. */
class CompileError extends Error {
  constructor(readonly problems: Problem[]) {
    super();
  }
}

/** What a compiled cell finds under the name of `cell`. */
interface CellContext extends ModuleContext {
  /** The value of its last statement. */
  value: unknown;
  /** How many of its declaring statements have been reached. */
  reached: number;
  import(name: string, binders: Parameters<Modules["importInto"]>[0]): Promise<void>;
}

/** Nobody hears of it: the cell was answered when it was given up. */
const abandoned: ExecuteReply = { status: "ok", user_expressions: {} };

interface RunningCell {
  name: string;
  /** Once it is compiled: how many of its statements declare something, and what it has, once it runs. */
  steps: number;
  context: CellContext | undefined;
  /** Why it must end. */
  interrupted: Interrupted | undefined;
  /** Where a loop of it was ended. */
  where: Frame[];
  /** Tells the library when the cell is interrupted, or fails. */
  controller: AbortController;
  /** Ends the cell. */
  fail: (error: unknown) => void;
  /** Rejected when the cell is ended so. */
  failed: Promise<never>;
}

/** The value of a cell, boxed: a promise must not be taken for the way to its value. */
interface Outcome {
  value: unknown;
}

export class CellRunner {
  readonly #publish: (publication: Publication) => void;
  readonly #flags: Flags;
  readonly #language: Language;
  readonly #folder = process.cwd();
  readonly modules: Modules;
  /** The code of every cell, by its name in stack traces. */
  readonly #sources = new Map<string, string>();
  #running: RunningCell | undefined;
  /** What was said last of modules that could not be loaded again. */
  #lastComplaint: string | undefined;
  /** Counts the interrupts so far. */
  #interrupts = 0;
  /** Whether the error of the cell that began last is published. */
  #hasFailed = false;
  /** The value of the cell before: the variable `_`. */
  #last: unknown;
  /** Errors from timers, or from promises that were not awaited, thrown while no cell was running. */
  #lateErrors: { description: ErrorContent; time: number; promise: Promise<unknown> | undefined }[] = [];

  /** @param publish sends a message on iopub, in the name of the cell that runs, or that has started what runs */
  constructor(publish: (publication: Publication) => void, flags: Flags, language: Language) {
    this.#publish = publish;
    this.#flags = flags;
    this.#language = language;
    const interrupts = () => this.#interrupts;
    this.modules = new Modules(language, this.#folder, {
      get interrupts() {
        return interrupts();
      },
      resume: (before, value) => this.#resume(before, value),
    });
    Object.defineProperty(globalThis, "_", {
      configurable: true,
      get: () => this.#last,
      set: (value: unknown) => (this.#last = value),
    });
    process.on("uncaughtException", (error) => this.#failLate(error));
    process.on("unhandledRejection", (error, promise) => this.#failLate(error, promise));
    process.on("rejectionHandled", (promise) => {
      this.#lateErrors = this.#lateErrors.filter((late) => late.promise !== promise);
    });
  }

  /** The signal that is aborted when the running cell is interrupted, or fails. */
  get signal(): AbortSignal | undefined {
    return this.#running?.controller.signal;
  }

  /** Passes an awaited value on, unless an interrupt came during the wait. */
  #resume<Value>(interruptsBefore: number, value: Value): Value {
    if (interruptsBefore !== this.#interrupts) throw new Interrupted();
    return value;
  }

  /** Answers an execute_request. */
  async execute({ id, content, count }: Request): Promise<ExecuteReply> {
    const { code, silent, user_expressions } = content;
    beginCell(id);
    const name = this.#nameFor(count, code);
    this.#hasFailed = false;
    const lateErrors = this.#showUnseenErrors();
    const run = this.#run(code, name);
    const running = this.#running as unknown as RunningCell; // #run has set it
    const { failed } = running;
    try {
      const { value } = await run;
      if (this.#running !== running) return abandoned;
      if (value !== undefined && !silent) await Promise.race([this.#show(value, count), failed]);
      lateErrors.push(...this.#showUnseenErrors()); // of the time before the cell began
      if (lateErrors.length > 0) return { status: "error", ...lateErrors[0] };
      const evaluated = await Promise.race([this.#evaluateAll(user_expressions ?? {}), failed]);
      return { status: "ok", user_expressions: evaluated };
    } catch (thrown) {
      const error = thrown instanceof CompileError ? describeProblems(thrown.problems, name) : this.#describe(thrown);
      if (this.#running === running) this.#publishFailure(error, running); // else abandoned, and answered
      return { status: "error", ...error };
    } finally {
      if (this.#running === running) this.#running = undefined;
      this.modules.remember();
    }
  }

  /** Cells that are not stored share a number. */
  #nameFor(count: number, code: string): string {
    let name = `In[${count}]`;
    for (let copy = 2; this.#sources.has(name); copy++) name = `In[${count}.${copy}]`;
    this.#sources.set(name, code);
    return name;
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
  async #run(code: string, name: string): Promise<Outcome> {
    const controller = new AbortController();
    let fail: RunningCell["fail"] = () => {};
    const failed = new Promise<never>((_, reject) => (fail = reject));
    failed.catch(() => {}); // whoever waits for it hears of it
    const running: RunningCell = {
      name,
      steps: 0,
      context: undefined,
      interrupted: undefined,
      where: [],
      controller,
      fail,
      failed,
    };
    this.#running = running;
    try {
      const result = await Promise.race([this.#compile(code, name), failed]);
      running.steps = result.steps;
      await Promise.race([this.#reload(code, result), failed]);
      // The cell starts on a stack of its own: an interrupt that ends a loop unwinds everything on the stack.
      const executed = new Promise<Outcome>((resolve, reject) =>
        setImmediate(() => {
          if (controller.signal.aborted) return; // stopped before it began
          this.#evaluate(result, name, running).then(resolve, reject);
        }),
      );
      const outcome = await Promise.race([executed, failed]);
      await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOSE_ENDS_MS)), failed]);
      this.#last = outcome.value;
      return outcome;
    } catch (error) {
      controller.abort(error instanceof CompileError ? undefined : error);
      throw error;
    }
  }

  /** From here on the names of the cell are known, so they are declared, even if the cell is stopped before it begins. */
  async #compile(code: string, name: string): Promise<CompiledCell> {
    const result = await this.#language.compile(code, name);
    if ("problems" in result) throw new CompileError(result.problems);
    declareVariables(result.variables);
    return result;
  }

  async #evaluate(compiled: CompiledCell, name: string, running?: RunningCell): Promise<Outcome> {
    const { variables, map, usesLastValue, module } = compiled;
    if (module !== undefined) this.modules.replace(module);
    if (!usesLastValue) this.#last = undefined;
    this.modules.forget(variables);
    keepSourceMap(name, map, compiled.code, compiled.shift);
    const make = vm.runInThisContext(compiled.code, {
      filename: name,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as (...given: unknown[]) => () => unknown;
    const file = path.join(this.#folder, `${name}.ts`);
    const cell = this.#contextFor(file);
    if (running) running.context = cell;
    const cellModule = { exports: {}, id: ".", filename: file, loaded: false };
    const require = this.modules.requireFor();
    await make(cell, require, cellModule, cellModule.exports, file, this.#folder)();
    const { value } = cell;
    cell.value = undefined; // functions of the cell may keep `cell`, but need not keep this
    return { value };
  }

  #contextFor(file: string): CellContext {
    const interrupts = () => this.#interrupts;
    return {
      value: undefined,
      reached: 0,
      get interrupts() {
        return interrupts();
      },
      resume: (before, value) => this.#resume(before, value),
      meta: metaOf(file),
      import: (name, binders) => this.modules.importInto(binders, name),
      importLater: (name) => this.modules.importLater(name),
    };
  }

  async #evaluateAll(expressions: Record<string, string>): Promise<object> {
    const replies: Record<string, object> = {};
    for (const [key, expression] of Object.entries(expressions)) {
      const name = this.#nameFor(0, expression);
      try {
        const { value } = await this.#evaluate(await this.#compile(expression, name), name);
        replies[key] = { status: "ok", data: await mimeBundle(value), metadata: {} };
      } catch (thrown) {
        const error = thrown instanceof CompileError ? describeProblems(thrown.problems, name) : this.#describe(thrown);
        replies[key] = { status: "error", ...error };
      }
    }
    return replies;
  }

  /**
   * Loads modules again that have changed.
   * @throws why a module cannot be loaded, if the cell mentions something of it
   */
  async #reload(code: string, { variables }: CompiledCell): Promise<void> {
    const { changed, dependents, failures } = await this.modules.refresh();
    if (changed.length > 0) {
      const names = changed.map((file) => path.relative(this.#folder, file)).join(", ");
      const others = dependents.length === 0 ? "" : ` and ${dependents.length} that use it`;
      console.warn(`Reloaded ${names}${others}. Values that cells made before are still of the old code.`);
    }
    for (const [name, error] of failures) if (mentions(code, name) && !variables.includes(name)) throw error;
    const [failed] = failures;
    const complaint = failed && `${failed[0]} keeps its old value: ${this.#describe(failed[1]).evalue}`;
    if (complaint !== undefined && complaint !== this.#lastComplaint) console.warn(complaint);
    this.#lastComplaint = complaint;
  }

  /**
   * Ends the running cell, as the protocol's thread asks for.
   * @param outOfMemory what there is to say if the heap is full
   * @returns false if there is none, or if it was told so before
   */
  interrupt(outOfMemory?: string): boolean {
    const running = this.#running;
    if (!running || running.controller.signal.aborted) return false;
    this.#interrupts++;
    const interrupted = outOfMemory === undefined ? new Interrupted() : new OutOfMemory(outOfMemory);
    running.interrupted = interrupted;
    Atomics.store(this.#flags, TIDYING, 1);
    running.controller.abort(interrupted);
    Atomics.store(this.#flags, TIDYING, 0);
    // An await that ends soon ends the cell itself, and its `finally` blocks run before the answer.
    setTimeout(() => {
      if (this.#running === running) running.fail(placed(interrupted, running.where));
    }, GRACE_MS);
    return true;
  }

  /** A loop of the running cell is being ended: this is where it was. */
  noteWhere(frames: Frame[]): void {
    if (this.#running) this.#running.where = frames;
  }

  #publishFailure(error: ErrorContent, running: RunningCell | undefined): void {
    this.#publish({ type: "error", content: error });
    this.#hasFailed = true;
    // What it did not come to declare keeps its old type, as it keeps its old value.
    const { name, steps = 0, context } = running ?? {};
    if (name !== undefined && (context?.reached ?? 0) < steps) this.#language.cellFailed(name, context?.reached ?? 0);
  }

  /** Abandons a cell that can no longer end by itself, and answers in its place. */
  abandon(): ErrorReply {
    Atomics.store(this.#flags, TIDYING, 0); // what tidied up may have been cut off, too
    const running = this.#running;
    const error = this.#describe(placed(running?.interrupted ?? new Interrupted(), running?.where ?? []));
    this.#running = undefined;
    // The answer may have been cut off together with a loop, and the error may already be published.
    if (!this.#hasFailed) this.#publishFailure(error, running);
    return { status: "error", ...error };
  }

  /**
   * An error that no cell awaits fails the running cell. If none has begun, it is shown under the cell that it comes
   * from; and it fails the next one, once that has run, if it comes at once, as when a whole notebook is executed and
   * nobody looks.
   */
  #failLate(error: unknown, promise?: Promise<unknown>): void {
    if (error instanceof Interrupted) return; // the rest of an interrupted cell
    if (this.#running?.context) {
      this.#running.fail(error);
      return;
    }
    const description = this.#describe(error);
    this.#publish({ type: "error", content: description });
    const traceback = ["This was thrown by an earlier cell, after it had ended:", ...description.traceback];
    this.#lateErrors.push({ description: { ...description, traceback }, time: performance.now(), promise });
  }

  #showUnseenErrors(): ErrorContent[] {
    const since = performance.now() - UNSEEN_MS;
    const unseen = this.#lateErrors.splice(0).filter(({ time }) => time > since);
    for (const { description } of unseen) this.#publish({ type: "error", content: description });
    return unseen.map(({ description }) => description);
  }

  #describe(thrown: unknown): ErrorContent {
    try {
      return describeError(thrown, (cellName) => this.#sources.get(cellName));
    } catch {
      const evalue = "a value was thrown that cannot be shown";
      return { ename: "Uncaught", evalue, traceback: [`Uncaught: ${evalue}, as reading it throws, too.`] };
    }
  }
}
