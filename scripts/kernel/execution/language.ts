// The main thread's way to the thread that knows TypeScript.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { CompiledCell } from "../compiler/compiler.js";
import type { Problem } from "../compiler/diagnostics.js";
import type { CompiledModule, ModuleFormat } from "../compiler/modules.js";
import type { ToLanguage } from "../messages.js";

type Answer = { id?: number; answer: unknown } | { id?: number; failure: string };
/** A question without its id. */
type Question = ToLanguage extends infer Each ? (Each extends unknown ? Omit<Each, "id"> : never) : never;

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
    port.on("message", (answer: Answer) => {
      const asked = this.#asked.get(answer.id as number);
      this.#asked.delete(answer.id as number);
      if ("failure" in answer) asked?.reject(new Error(`The compiler failed: ${answer.failure}`));
      else asked?.resolve(answer.answer as never);
    });
  }

  compile(code: string, name: string): Promise<CompiledCell | { problems: Problem[] }> {
    const id = ++this.#count;
    this.#port.postMessage({ kind: "compile", id, code, name } satisfies ToLanguage);
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
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
    this.#waiting.postMessage({ ...question, id });
    for (;;) {
      const before = Atomics.load(this.#awake, 0);
      for (let message; (message = receiveMessageOnPort(this.#waiting) as { message: Answer } | undefined);) {
        const answer = message.message;
        if (answer.id !== id) continue; // asked for by a cell that was interrupted meanwhile
        if ("failure" in answer) throw new Error(answer.failure);
        return answer.answer;
      }
      Atomics.wait(this.#awake, 0, before);
    }
  }
}
