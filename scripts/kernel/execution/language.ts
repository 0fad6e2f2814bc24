// The main thread's way to the process that knows TypeScript.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { CompiledCell } from "../compiler/compiler.js";
import type { Problem } from "../compiler/diagnostics.js";
import type { CompiledModule, ModuleFormat } from "../compiler/modules.js";
import type { FromLanguage, Question, ToLanguage } from "../messages.js";

export class Language {
  readonly #port: MessagePort;
  readonly #waiting: MessagePort;
  readonly #awake: Int32Array<SharedArrayBuffer>;
  readonly #asked = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #count = 0;

  /**
   * @param port where answers arrive as messages
   * @param waiting where the main thread sleeps until the answer is there, which `awake` tells
   */
  constructor(port: MessagePort, waiting: MessagePort, awake: Int32Array<SharedArrayBuffer>) {
    this.#port = port;
    this.#waiting = waiting;
    this.#awake = awake;
    port.on("message", (answer: FromLanguage) => {
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      if ("failure" in answer) asked?.reject(new Error(`The compiler failed: ${answer.failure}`));
      else asked?.resolve(answer.answer as never);
    });
  }

  compile(code: string, name: string): Promise<CompiledCell | { problems: Problem[] }> {
    const id = ++this.#count;
    this.#port.postMessage({ id, question: { kind: "compile", code, name } } satisfies ToLanguage);
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  /** Tells how far the cell compiled last has come, as it has failed. */
  cellFailed(name: string, reached: number): void {
    this.#port.postMessage({ id: ++this.#count, question: { kind: "failed", name, reached } } satisfies ToLanguage);
  }

  resolve(name: string, from: string | undefined): { file: string; format: ModuleFormat } | undefined {
    return this.#ask({ kind: "resolve", name, from }) as { file: string; format: ModuleFormat } | undefined;
  }

  compileModule(file: string): CompiledModule {
    return this.#ask({ kind: "module", file }) as CompiledModule;
  }

  /** Sleeps until there is an answer. `require` needs its module at once. */
  #ask(question: Question): unknown {
    const id = ++this.#count;
    this.#waiting.postMessage({ id, question } satisfies ToLanguage);
    for (;;) {
      const before = Atomics.load(this.#awake, 0);
      for (let message; (message = receiveMessageOnPort(this.#waiting) as { message: FromLanguage } | undefined);) {
        const answer = message.message;
        if (answer.id !== id) continue; // asked for by a cell that was interrupted meanwhile
        if ("failure" in answer) throw new Error(answer.message);
        return answer.answer;
      }
      Atomics.wait(this.#awake, 0, before);
    }
  }
}
