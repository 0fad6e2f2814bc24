// prompt("…"), confirm("…") and alert("…") ask the reader and wait, as in a browser. A cell has no other input.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { InputRequest } from "../messages.js";

const POLL_MS = 20;

/** The three questions of a browser. */
export interface Questions {
  prompt(message?: string, otherwise?: string): string;
  confirm(message?: string): boolean;
  alert(message?: string): void;
}

/**
 * @param ask sends an input_request
 * @param typed brings what the reader typed from the protocol's thread
 * @param allowed says whether the client of the running cell takes input
 */
export function createQuestions(
  ask: (question: InputRequest) => void,
  typed: MessagePort,
  allowed: () => boolean,
): Questions {
  function answerTo(name: keyof Questions, message: string, prompt: string): string {
    if (!allowed()) {
      const call = `${name}(${JSON.stringify(message)})`;
      throw new Error(`${call}: no one can answer here; this notebook runs without a reader.`);
    }
    while (receiveMessageOnPort(typed)); // drops what was typed after an interrupt
    ask({ prompt, password: false });
    // The cell waits here as in a loop, so that an interrupt ends it.
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const answer = receiveMessageOnPort(typed) as { message: string } | undefined;
      if (answer) return answer.message;
      Atomics.wait(never, 0, 0, POLL_MS);
    }
  }
  return {
    prompt(message = "", otherwise = "") {
      const shown = otherwise === "" ? String(message) : `${message} [${otherwise}] `;
      const answer = answerTo("prompt", String(message), shown);
      return answer === "" ? String(otherwise) : answer;
    },
    confirm(message = "") {
      return /^\s*(y|yes|ok|true|1)\s*$/i.test(answerTo("confirm", String(message), `${message} [y/n] `));
    },
    alert(message = "") {
      answerTo("alert", String(message), `${message} [Enter] `);
    },
  };
}
