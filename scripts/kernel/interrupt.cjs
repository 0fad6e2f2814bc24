// How a running cell is stopped, seen from the protocol's thread.
//
// First the main thread is asked: a cell that awaits something leaves it free to answer, and it then fails the
// cell (cell.cjs). If it does not answer, the cell is in a loop, and the loop is ended through V8's inspector,
// which can do so anywhere: in a timer, or behind an `await`, too.

const { Session } = require("node:inspector");

/** The places of the array of numbers that both threads see. */
const PHASE = 0; // what the main thread does
const PHASES = { idle: 0, compiling: 1, running: 2 };

const PATIENCE = 150; // ms in which a main thread that is not in a loop answers

/**
 * Interrupts the cell that runs now.
 * @param port to the main thread
 * @param shared the array of numbers
 * @param stillRuns says whether the cell is running still
 */
function interrupt(port, shared, stillRuns) {
  if (!stillRuns()) return;
  port.postMessage({ interrupt: true });
  setTimeout(() => {
    if (!stillRuns()) return;
    // TypeScript's compiler must not be torn out of its work. It takes a second at most.
    if (Atomics.load(shared, PHASE) === PHASES.running) terminateExecution();
    interrupt(port, shared, stillRuns);
  }, PATIENCE);
}

function terminateExecution() {
  const session = new Session();
  session.connectToMainThread();
  session.post("Runtime.terminateExecution", () => session.disconnect());
}

module.exports = { interrupt, PHASE, PHASES };
