// How a running cell is stopped, seen from the protocol's thread.
//
// First the main thread is asked: a cell that awaits something leaves it free to answer, and it then fails the
// cell (cell.cjs). If it does not answer, the cell is in a loop, and the loop is ended through V8's inspector,
// which can do so anywhere: in a timer, or behind an `await`, too.

const { Session } = require("node:inspector");

/** In the array of numbers that both threads see: 1 while the kernel is being loaded, and while TypeScript compiles. */
const COMPILING = 0;
/** And 1 while those who are told that the cell is stopped tidy up: a progress bar, a live figure, a pool of runs. */
const TIDYING = 1;

const PATIENCE = 150; // ms in which a main thread that is not in a loop answers
const MOST_PATIENCE = 3000; // ms for tidying up, which may be a loop of the cell's own

/**
 * Interrupts the main thread, and does not give up before it has answered.
 * @param port to it
 * @param shared the array of numbers
 * @param request the id of the execute_request that runs, or null if only a timer of an earlier cell may be busy
 * @param answered says whether the main thread has answered the request, or the question
 */
function interrupt(port, shared, request, answered) {
  const start = performance.now();
  const ask = () => {
    port.postMessage({ interrupt: { request } });
    setTimeout(insist, PATIENCE);
  };
  const insist = () => {
    if (answered()) return;
    // Neither TypeScript's compiler nor the loading of the kernel may be torn off. They take a second or two.
    const compiles = Atomics.load(shared, COMPILING) === 1;
    const tidies = Atomics.load(shared, TIDYING) === 1 && performance.now() - start < MOST_PATIENCE;
    if (compiles || tidies) return setTimeout(insist, PATIENCE);
    terminateExecution();
    ask(); // anew, as the answer may be torn off, too
  };
  ask();
}

let isTerminating = false;

function terminateExecution() {
  if (isTerminating) return; // a second one would tear away what follows the loop
  isTerminating = true;
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => {
    isTerminating = false;
    session.disconnect();
  });
}

module.exports = { COMPILING, TIDYING, interrupt };
