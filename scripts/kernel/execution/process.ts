// The process as cells see it: what they print goes to the notebook, and they can neither exit nor read standard input.
import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { type Flags, type Port, type ToExecution, type ToProtocol, UNSENT } from "../messages.js";
import { currentCell, takeOverTimers } from "./current-cell.js";
import { complain } from "../terminal.js";
import { takeOverStacks } from "./stacks.js";

/** Node's own. Cells see a replacement. */
const exit: (code: number) => never = process.exit;

/** Ends the kernel. */
export function endProcess(): never {
  exit(0);
}

/** Ends the kernel with a message. */
export function fail(message: string): never {
  complain(message);
  exit(1);
}

/** @param passOnPiped passes on what children have printed so far */
export function takeOverProcess(protocol: Port<ToProtocol, ToExecution>, flags: Flags, passOnPiped: () => void): void {
  takeOverOutput(protocol, flags, passOnPiped);
  refuseStdin();
  takeOverTimers();
  process.argv.splice(1); // the kernel's own are no business of a cell
  refuseToEnd();
  // Stack traces of the library name its TypeScript sources.
  process.setSourceMapsEnabled(true);
  takeOverStacks();
}

/** Signals that end nothing, or that the kernel takes for an interrupt. */
const HARMLESS: readonly unknown[] = [0, "SIGINT", "SIGWINCH", "SIGCONT", "SIGCHLD", "SIGURG"];

/** What would end the kernel is an error of the cell. */
function refuseToEnd(): void {
  const refuse = (what: string): never => {
    throw new Error(`${what} in a cell would end the kernel; throw an error to end the cell.`);
  };
  process.exit = (code) => refuse(`process.exit(${code ?? ""})`);
  process.abort = () => refuse("process.abort()");
  const kill = process.kill.bind(process);
  process.kill = (pid, signal = "SIGTERM") => {
    const isOwn = pid === process.pid || pid === 0 || pid === -process.pid;
    const isHandled = typeof signal === "string" && process.listenerCount(signal) > 0;
    if (isOwn && !isHandled && !HARMLESS.includes(signal)) refuse(`process.kill(process.pid, ${signal})`);
    return kill(pid, signal);
  };
}

type Callback = (error?: Error | null) => void;

function takeOverOutput(protocol: Port<ToProtocol, ToExecution>, flags: Flags, passOnPiped: () => void): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new StringDecoder(); // a character may come in two halves
    process[name].write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Callback, callback?: Callback) => {
      const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
      passOnPiped();
      if (text !== "") {
        keepPace(flags, text.length);
        protocol.postMessage({ kind: "stream", cell: currentCell(), name, text });
      }
      (typeof encoding === "function" ? encoding : callback)?.();
      return true;
    };
  }
}

const MAX_UNSENT = 4e6;
const PATIENCE_MS = 50;

/** Waits until most of what was printed before has left the kernel. An interrupt ends this like any loop. */
function keepPace(flags: Flags, length: number): void {
  for (let unsent; (unsent = Atomics.load(flags, UNSENT)) > MAX_UNSENT;)
    Atomics.wait(flags, UNSENT, unsent, PATIENCE_MS);
  Atomics.add(flags, UNSENT, length);
}

/** Jupyter gives a kernel no standard input. Reading from it throws, rather than waiting forever. */
function refuseStdin(): void {
  const read = function (this: Readable) {
    this.destroy(new Error('A cell has no standard input; prompt("…") asks the reader.'));
  };
  Object.defineProperty(process, "stdin", { get: () => new Readable({ read }), configurable: true });
}
