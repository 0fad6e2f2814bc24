// How a running cell is stopped, seen from the protocol's thread.
//
// First the main thread is asked: a cell that awaits something leaves it free to answer, and it then fails the
// cell (cell.cjs). If it does not answer, the cell is in a loop, and the loop is ended through V8's inspector,
// which can do so anywhere: in a timer, or behind an `await`, too.

const { Session } = require("node:inspector");

/** In the array of numbers that both threads see: 1 while TypeScript compiles. */
const COMPILING = 0;

const PATIENCE = 150; // ms in which a main thread that is not in a loop answers

/**
 * Interrupts the main thread, and does not give up before it has answered.
 * @param port to it
 * @param shared the array of numbers
 * @param request the id of the execute_request that runs, or null if only a timer of an earlier cell may be busy
 * @param answered says whether the main thread has answered the request, or the question
 */
function interrupt(port, shared, request, answered) {
  if (answered()) return;
  port.postMessage({ interrupt: { request } });
  setTimeout(() => {
    // TypeScript's compiler must not be torn out of its work. It takes a second at most.
    if (!answered() && Atomics.load(shared, COMPILING) === 0) terminateExecution();
    interrupt(port, shared, request, answered);
  }, PATIENCE);
}

function terminateExecution() {
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => session.disconnect());
}

module.exports = { COMPILING, interrupt };
