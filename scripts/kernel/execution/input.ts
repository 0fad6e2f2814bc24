// prompt("…") asks the reader and waits, as in a browser. A cell has no other input.

const { Readable } = require("node:stream");
const { receiveMessageOnPort } = require("node:worker_threads");

/** How cells see it. */
const DECLARATION = "declare function prompt(message?: string): string;\n";

/**
 * @param ask sends an input_request
 * @param answers the port on which the protocol's thread sends what was typed
 * @param allowed says whether the client of the running cell takes input
 */
function createPrompt(ask, answers, allowed) {
  return function prompt(message = "") {
    if (!allowed()) {
      throw new Error(
        `prompt(${JSON.stringify(message)}): nobody can answer here; this notebook runs without a reader.`,
      );
    }
    while (receiveMessageOnPort(answers)); // what was typed after an interrupt
    ask({ prompt: String(message), password: false });
    // The cell waits here as in a loop, so that an interrupt ends it.
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const answer = receiveMessageOnPort(answers);
      if (answer) return answer.message;
      Atomics.wait(never, 0, 0, 20);
    }
  };
}

/** Jupyter gives a kernel no standard input: who reads from it shall learn that, rather than wait for ever. */
function refuseStdin() {
  const read = function () {
    this.destroy(new Error('A cell has no standard input; prompt("…") asks the reader.'));
  };
  Object.defineProperty(process, "stdin", { get: () => new Readable({ read }), configurable: true });
}

module.exports = { createPrompt, DECLARATION, refuseStdin };
