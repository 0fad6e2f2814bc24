/**
 * Stops a running cell from the protocol's thread.
 *
 * First it asks the main thread: while a cell awaits something, that thread is free to answer, and fails the cell
 * (execution/cell.ts). If there is no answer, the cell is in a loop. Then V8's inspector ends the loop, which it can
 * do anywhere: in a timer, or after an `await`, too. If there is still none, the cell waits for a child process, which is
 * interrupted like the kernel's whole group in a terminal.
 */
import {
  type Flags,
  type Frame,
  LOADING,
  type Port,
  SIGNALLED,
  TIDYING,
  type ToExecution,
  type ToProtocol,
} from "../messages.js";
import { pauseExecution } from "./pause.js";

/** A main thread that is not in a loop answers within this time. */
const ANSWER_MS = 150;
/** A loop pauses within this time; what is no JavaScript does not. */
const PAUSE_MS = 500;
/** Tidying up may take this long, even if it is a loop of the cell's own. */
const MAX_TIDYING_MS = 3000;

/**
 * Interrupts the main thread, and does not give up before it has answered.
 * @param execution leads to the main thread
 * @param message with the id of the execute_request that runs, or null if only a timer of an earlier cell may be busy
 * @param answered says whether the main thread has answered the request, or the question
 */
export function interrupt(
  execution: Port<ToExecution, ToProtocol>,
  flags: Flags,
  message: { request: string | null; reason: string | undefined },
  answered: () => boolean,
): void {
  const start = performance.now();
  let wasEnded = false;
  const ask = () => {
    execution.postMessage({ kind: "interrupt", ...message });
    setTimeout(insist, ANSWER_MS);
  };
  // The loading of the kernel may not be cut off, nor what the library does at an interrupt.
  const isSpared = () =>
    Atomics.load(flags, LOADING) === 1 ||
    (Atomics.load(flags, TIDYING) === 1 && performance.now() - start < MAX_TIDYING_MS);
  const insist = () => {
    if (answered()) return;
    if (isSpared()) {
      setTimeout(insist, ANSWER_MS);
      return;
    }
    if (wasEnded) interruptChildren(flags);
    void terminateExecution(execution, () => answered() || isSpared()).then((isEnded) => {
      wasEnded ||= isEnded;
      // It is asked again, since the answer may have been cut off, too.
      if (isEnded) ask();
      else insist();
    });
  };
  ask();
}

/** A main thread that not even this has ended waits for a child process, as execSync does. */
function interruptChildren(flags: Flags): void {
  try {
    Atomics.store(flags, SIGNALLED, 1);
    process.kill(-process.pid, "SIGINT"); // Jupyter makes the kernel the leader of its group
  } catch {
    Atomics.store(flags, SIGNALLED, 0); // it leads no group: an editor has started it, or this is Windows
  }
}

let isTerminating = false;

/** A function of a package: cut off in the middle it may leave the package's own state half changed, as TensorFlow's. */
const isOfPackage = (frame: Frame | undefined) => frame !== undefined && /[\\/]node_modules[\\/]/.test(frame.file);

/**
 * Ends the loop that the main thread is in, and tells the main thread where that was. Functions of packages may return first.
 * @param goesOn whether the main thread is by now where it may not be ended: a busy machine comes to pause it late
 * @returns false if it goes on, else true once the end is on its way; a main thread that waits for something outside of
 * JavaScript comes to it later
 */
async function terminateExecution(execution: Port<ToExecution, ToProtocol>, goesOn: () => boolean): Promise<boolean> {
  if (isTerminating) return true; // a second one would cut off what follows the loop
  isTerminating = true;
  return new Promise((resolve) => {
    const end = (isEnded: boolean) => {
      clearTimeout(patience);
      isTerminating = false;
      resolve(isEnded);
    };
    let where: Frame[] | undefined;
    const tellWhere = () => where && execution.postMessage({ kind: "where", frames: where });
    const giveUp = pauseExecution(({ frames, resume, stepOut, terminate }) => {
      if (goesOn()) {
        end(false);
        return resume(); // what is paused is the next cell, or the end of this one
      }
      where = frames;
      if (isOfPackage(frames[0])) return stepOut();
      end(true);
      tellWhere();
      terminate();
    });
    const patience = setTimeout(() => {
      const isEnded = !goesOn();
      if (isEnded) tellWhere();
      giveUp(isEnded); // at the end of its stack it cannot even pause, and a package's function may not return
      end(isEnded);
    }, PAUSE_MS);
  });
}
