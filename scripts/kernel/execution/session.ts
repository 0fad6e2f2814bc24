// The main thread's half of a session: it runs the cells, and answers what needs TypeScript.
import type { MessagePort } from "node:worker_threads";
import {
  COMPILING,
  type Flags,
  type Port,
  type Publication,
  type Reply,
  type Request,
  type ToExecution,
  type ToProtocol,
} from "../messages.js";
import { CellRunner } from "./cell.js";
import { takeOverDisplay } from "./display.js";
import { complete, inspect, isComplete } from "./editor.js";
import { createPrompt } from "./input.js";
import { tidy } from "./memory.js";
import { endProcess, takeOverProcess } from "./process.js";

interface Threads {
  /** Leads to the protocol's thread. */
  protocol: Port<ToProtocol, ToExecution>;
  /** Brings what the reader typed. */
  typed: MessagePort;
  flags: Flags;
}

/** What the library may ask of the kernel; see lib/notebook/kernel.ts. */
interface OfferedCell {
  readonly signal: AbortSignal | undefined;
  /** The notebook's name for the cell, if the client says it, as JupyterLab does. */
  id: string | undefined;
  clearOutput(wait?: boolean): void;
}

/** Makes the main thread ready for cells, and listens. */
export function openSession({ protocol, typed, flags }: Threads): void {
  const publish = (publication: Publication) => protocol.postMessage({ kind: "publish", publication });
  const cells = new CellRunner(publish, flags);
  takeOverDisplay(publish);
  takeOverProcess(protocol);
  let allowStdin = false;
  cells.locals.prompt = createPrompt(
    (question) => protocol.postMessage({ kind: "ask", question }),
    typed,
    () => allowStdin,
  );
  const cell = offerCell(cells, publish);
  /** The last request that was answered. */
  let answered: string | undefined;

  async function answer(request: Request): Promise<void> {
    if (request.type === "execute_request") {
      cell.id = request.cellId;
      allowStdin = request.content.allow_stdin ?? true;
    }
    let content: Reply;
    try {
      content = await replyTo(request, cells);
    } catch (error) {
      const { name, message, stack } = error as Error;
      content = { status: "error", ename: name, evalue: message, traceback: [String(stack)] };
    }
    protocol.postMessage({ kind: "reply", to: request.id, content });
    answered = request.id;
    tidy();
  }

  function interrupt(request: string | null): void {
    if (request === null) protocol.postMessage({ kind: "idle" });
    else if (request === answered) return;
    // Asked for the second time: then the answer to the first was cut off together with a loop.
    else if (!cells.interrupt()) protocol.postMessage({ kind: "reply", to: request, content: cells.abandon() });
  }

  protocol.on("message", (message) => {
    switch (message.kind) {
      case "request":
        void answer(message.request);
        break;
      case "interrupt":
        interrupt(message.request);
        break;
      case "exit":
        endProcess();
    }
  });
  process.on("SIGINT", () => cells.interrupt());
  Atomics.store(flags, COMPILING, 0);
}

function offerCell(cells: CellRunner, publish: (publication: Publication) => void): OfferedCell {
  const cell: OfferedCell = {
    get signal() {
      return cells.signal;
    },
    id: undefined,
    clearOutput: (wait = false) => publish({ type: "clear_output", content: { wait } }),
  };
  (globalThis as Record<symbol, unknown>)[Symbol.for("training-techniques.cell")] = cell;
  return cell;
}

function replyTo(request: Request, cells: CellRunner): Reply | Promise<Reply> {
  switch (request.type) {
    case "execute_request":
      return cells.execute(request.content, request.count);
    case "complete_request":
      return complete(cells, request.content);
    case "inspect_request":
      return inspect(cells, request.content);
    case "is_complete_request":
      return isComplete(request.content);
  }
}
