/**
 * Everything that crosses the borders between the kernel's parts. The main thread runs the cells (execution/). Another
 * thread speaks Jupyter's protocol (protocol/), so that heartbeats, interrupts, shutdowns and the output of a busy loop
 * pass while a cell runs. A process of its own knows TypeScript (language/): it compiles cells, and answers an editor
 * meanwhile; the protocol's thread has started it, and asks it for the main thread, too.
 */
import type { MessagePort } from "node:worker_threads";

/** What the protocol's thread tells the main thread. */
export type ToExecution =
  /** A cell to run: one at a time, in the order received. A "reply" answers it. */
  | { kind: "request"; request: Request }
  /**
   * The running cell must stop. `request` is the id of its execute_request, or null if only a timer of an earlier cell
   * may be busy. `reason` is what the cell's error says if nobody has asked for it. The cell's "reply" answers it, or
   * else "idle".
   */
  | { kind: "interrupt"; request: string | null; reason: string | undefined }
  /** Where the running cell was when a loop of it was ended: the topmost function first. */
  | { kind: "where"; frames: Frame[] }
  /** The client speaks through a comm. "handled" answers it. */
  | { kind: "comm"; request: string; message: CommMessage }
  /** The last message has been sent: the process may end. */
  | { kind: "exit" };

/** A place in compiled code, counted from 1. */
export interface Frame {
  callee: string;
  file: string;
  line: number;
  column: number;
}

/** What the main thread tells the protocol's thread. */
export type ToProtocol =
  /** The answer to the request with this id. */
  | { kind: "reply"; to: string; content: ExecuteReply }
  /** The answer to an interrupt when no cell runs. */
  | { kind: "idle" }
  /** Something printed by a cell, or by what it has started: `cell` is the id of its request. */
  | { kind: "stream"; cell: string | undefined; name: StreamName; text: string }
  /** What was in a pipe before the main thread printed, or published, something itself. */
  | { kind: "piped"; name: StreamName; bytes: Uint8Array }
  /** A message for iopub, in the name of a cell. */
  | { kind: "publish"; cell: string | undefined; publication: Publication }
  /** What the client said through a comm has been dealt with. */
  | { kind: "handled"; request: string }
  /** A question for the reader. The answer arrives on the port for typed text. */
  | { kind: "ask"; question: InputRequest };

/** What the process that knows TypeScript is asked; see Compiler in compiler/compiler.ts. */
export type Question =
  /** The first one; gives what is wrong with the tsconfig.json. `folder` is the notebook's, `globals` are the names that are global before the first cell. */
  | { kind: "open"; folder: string; globals: string[] }
  | { kind: "compile"; code: string; name: string }
  /** Not a question, but what has become of the cell compiled last. */
  | { kind: "failed"; name: string; reached: number }
  | { kind: "resolve"; name: string; from: string | undefined }
  | { kind: "module"; file: string }
  /** Of an editor, as in Jupyter's messages. */
  | { kind: "complete" | "inspect"; content: CursorContent }
  | { kind: "isWhole"; content: { code: string } };

/** What a question gives, or the stack and the message of what was thrown. */
export type Answer = { answer: unknown } | { failure: string; message: string };

export type ToLanguage = { id: number; question: Question };
export type FromLanguage = { id: number } & Answer;

/** A port that knows what is sent and what is received through it. */
export interface Port<Sent, Received> {
  postMessage(message: Sent): void;
  on(event: "message", listener: (message: Received) => void): unknown;
}

/** What the protocol's thread is given when it starts. */
export interface ProtocolData {
  connection: Connection;
  /** The folder of the pipes that are this process's standard output and error, if there are any. */
  pipes: string | undefined;
  /** The content of every kernel_info_reply. */
  info: object;
  flags: Flags;
  /** Of the main thread, without its young generation, in bytes. */
  heapLimit: number;
  /** Leads to the main thread. */
  execution: MessagePort;
  /** Takes what the reader typed to the main thread, which reads it while a cell blocks it. */
  typed: MessagePort;
  /** The names that are global before the first cell. */
  globals: string[];
  /** Where the main thread asks the process that knows TypeScript. */
  compiling: MessagePort;
  /** The same, but there the main thread sleeps until `awake` changes. */
  waiting: MessagePort;
  awake: Int32Array<SharedArrayBuffer>;
}

/** Jupyter's connection file. */
export interface Connection {
  transport: string;
  ip: string;
  key: string;
  shell_port: number;
  iopub_port: number;
  stdin_port: number;
  control_port: number;
  hb_port: number;
}

/** Numbers that both threads can read at any time, even while a cell's loop blocks the main thread. */
export type Flags = Int32Array<SharedArrayBuffer>;

/** The flag that is 1 while the kernel is being loaded. */
export const LOADING = 0;
/** The flag that is 1 during the clean-up after an interrupted cell: a progress bar, a live figure, a pool of runs. */
export const TIDYING = 1;

/**
 * The count of characters that cells have printed and that have not left the kernel yet. When they are too many, the
 * cell waits: a flood must not fill the memory.
 */
export const UNSENT = 3;

/** The name of the symbol under which the main thread has a function that collects garbage. */
export const COLLECT_GARBAGE = "training-techniques.collect-garbage";

/** The flag that is 1 when the protocol's thread has sent SIGINT to all children, which the kernel gets as well. */
export const SIGNALLED = 2;

/** Flags that are all 0. */
export function createFlags(): Flags {
  return new Int32Array(new SharedArrayBuffer(4 * Int32Array.BYTES_PER_ELEMENT));
}

/** A request that the main thread answers. */
export interface Request {
  id: string;
  content: ExecuteContent;
  count: number;
  /** The notebook's name for the cell, if the client says it. */
  cellId: string | undefined;
}

export interface ExecuteContent {
  code: string;
  silent?: boolean;
  store_history?: boolean;
  allow_stdin?: boolean;
  stop_on_error?: boolean;
  user_expressions?: Record<string, string>;
}

export interface CursorContent {
  code: string;
  /** In Unicode characters; at the end, if it is not said. */
  cursor_pos?: number;
}

/** Without `execution_count` and `payload`, which the protocol's thread adds. */
export type ExecuteReply = { status: "ok"; user_expressions: object } | ErrorReply;

export type ErrorReply = { status: "error" } & ErrorContent;

export interface CompleteReply {
  status: "ok";
  matches: string[];
  cursor_start: number;
  cursor_end: number;
  metadata: object;
}

export interface InspectReply {
  status: "ok";
  found: boolean;
  data: MimeBundle;
  metadata: object;
}

/** A message for iopub. */
export type Publication =
  | { type: "execute_result"; content: { data: MimeBundle; metadata: object; execution_count: number } }
  | { type: "display_data" | "update_display_data"; content: DisplayContent }
  | { type: "clear_output"; content: { wait: boolean } }
  | { type: "error"; content: ErrorContent }
  | CommMessage;

/**
 * What passes through a comm, a channel between a cell and the page; see execution/comms.ts.
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#custom-messages
 */
export interface CommMessage {
  type: "comm_open" | "comm_msg" | "comm_close";
  content: { comm_id: string; target_name?: string; data: Record<string, unknown> };
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

export interface DisplayContent {
  data: MimeBundle;
  metadata: object;
  transient: { display_id?: string };
}

/** An error as the protocol describes it. */
export interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}

/** A value by MIME type. */
export type MimeBundle = Record<string, unknown>;

/** The content of an input_request. */
export interface InputRequest {
  prompt: string;
  password: boolean;
}

export type StreamName = "stdout" | "stderr";
