// The main thread's half of a session: it runs the cells.
import type { MessagePort } from "node:worker_threads";
import {
  type ExecuteReply,
  type Flags,
  LOADING,
  SIGNALLED,
  type Port,
  type Publication,
  type Request,
  type ToExecution,
  type ToProtocol,
} from "../messages.js";
import { Pipes } from "../pipes.js";
import { CellRunner } from "./cell.js";
import { Comms } from "./comms.js";
import { currentCell } from "./current-cell.js";
import { displayThrough, hookTslab, type SendDisplay } from "./display.js";
import { createQuestions } from "./input.js";
import type { Language } from "./language.js";
import { tidy } from "./memory.js";
import { endProcess, takeOverProcess } from "./process.js";

interface Threads {
  /** Leads to the protocol's thread. */
  protocol: Port<ToProtocol, ToExecution>;
  /** Brings what the reader typed. */
  typed: MessagePort;
  flags: Flags;
  language: Language;
  /** The folder of the pipes that are this process's standard output and error, if there are any. */
  pipes: string | undefined;
}

/** What the library may ask of the kernel; see lib/notebook/kernel.ts. */
interface OfferedCell {
  readonly signal: AbortSignal | undefined;
  /** The notebook's name for the cell, if the client says it, as JupyterLab does. */
  id: string | undefined;
  display: SendDisplay;
  clearOutput(wait?: boolean): void;
  /** Called after a loop has been ended where it was, without running any `finally`. */
  afterCutOff?: () => void;
}

/** A child needs longer than this to print anything, and to look costs as much as to print a line. */
const PIPED_MS = 0.2;

/** Makes the main thread ready for cells, and listens. */
export function openSession({ protocol, typed, flags, language, pipes: folder }: Threads): void {
  const pipes = new Pipes(folder);
  let lookedAt = 0;
  const passOnPiped = () => {
    const now = performance.now();
    if (now - lookedAt < PIPED_MS) return;
    lookedAt = now;
    pipes.read((name, bytes) => protocol.postMessage({ kind: "piped", name, bytes }));
  };
  const publish = (publication: Publication) => {
    passOnPiped();
    protocol.postMessage({ kind: "publish", cell: currentCell(), publication });
  };
  const cells = new CellRunner(publish, flags, language);
  takeOverProcess(protocol, flags, passOnPiped);
  let allowStdin = false;
  const questions = createQuestions(
    (question) => protocol.postMessage({ kind: "ask", question }),
    typed,
    () => allowStdin,
  );
  for (const [name, ask] of Object.entries(questions))
    Object.defineProperty(globalThis, name, { value: ask, configurable: true, writable: true });
  const comms = new Comms(publish);
  Object.defineProperty(globalThis, "Jupyter", { value: { comms }, configurable: true, writable: true });
  const cell = offerCell(cells, publish);
  /** The last request that was answered. */
  let answered: string | undefined;

  async function answer(request: Request): Promise<void> {
    cell.id = request.cellId;
    allowStdin = request.content.allow_stdin ?? true;
    let content: ExecuteReply;
    try {
      content = await cells.execute(request);
    } catch (error) {
      const { name, message, stack } = error as Error;
      content = { status: "error", ename: name, evalue: message, traceback: [String(stack)] };
    }
    protocol.postMessage({ kind: "reply", to: request.id, content });
    answered = request.id;
    tidy();
  }

  function interrupt(request: string | null, reason: string | undefined): void {
    if (request === null) protocol.postMessage({ kind: "idle" });
    else if (request === answered || cells.interrupt(reason)) return;
    // Asked for the second time: then the answer to the first, or the request, was cut off together with a loop.
    else {
      answered = request;
      protocol.postMessage({ kind: "reply", to: request, content: cells.abandon() });
    }
  }

  protocol.on("message", (message) => {
    switch (message.kind) {
      case "request":
        void answer(message.request);
        break;
      case "interrupt":
        interrupt(message.request, message.reason);
        break;
      case "where":
        cells.noteWhere(message.frames);
        cell.afterCutOff?.();
        break;
      case "comm":
        try {
          comms.receive(message.message);
        } finally {
          protocol.postMessage({ kind: "handled", request: message.request });
        }
        break;
      case "exit":
        endProcess();
    }
  });
  process.on("SIGINT", () => {
    const isMeantForChildren = Atomics.exchange(flags, SIGNALLED, 0) === 1;
    if (!isMeantForChildren) cells.interrupt();
  });
  Atomics.store(flags, LOADING, 0);
}

function offerCell(cells: CellRunner, publish: (publication: Publication) => void): OfferedCell {
  const cell: OfferedCell = {
    get signal() {
      return cells.signal;
    },
    id: undefined,
    display: displayThrough(publish),
    clearOutput: (wait = false) => publish({ type: "clear_output", content: { wait } }),
  };
  cells.modules.onTslab = () => hookTslab(cell.display);
  Object.defineProperty(globalThis, Symbol.for("training-techniques.cell"), { value: cell });
  return cell;
}
