// prompt("…") asks the reader and waits, as in a browser. A cell has no other input.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Question } from "../messages.js";

/** What cells know of it. */
export const PROMPT_DECLARATION = "declare function prompt(message?: string): string;\n";

const POLL_MS = 20;

/**
 * @param ask sends an input_request
 * @param typed brings what the reader typed from the protocol's thread
 * @param allowed says whether the client of the running cell takes input
 */
export function createPrompt(
  ask: (question: Question) => void,
  typed: MessagePort,
  allowed: () => boolean,
): (message?: string) => string {
  return function prompt(message = "") {
    if (!allowed()) {
      throw new Error(
        `prompt(${JSON.stringify(message)}): no one can answer here; this notebook runs without a reader.`,
      );
    }
    while (receiveMessageOnPort(typed)); // drops what was typed after an interrupt
    ask({ prompt: String(message), password: false });
    // The cell waits here as in a loop, so that an interrupt ends it.
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const answer = receiveMessageOnPort(typed) as { message: string } | undefined;
      if (answer) return answer.message;
      Atomics.wait(never, 0, 0, POLL_MS);
    }
  };
}
