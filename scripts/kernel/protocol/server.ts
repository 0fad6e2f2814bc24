/**
 * The thread that speaks Jupyter's protocol. It hands cells to the main thread one at a time, in the order received, and
 * what an editor asks to the process that knows TypeScript, at once. The rest it answers by itself. messages.ts lists
 * what the threads tell each other.
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
// By `require`: an import would have Node parse a CommonJS package for its exports first, and the kernel answer later.
import zmq = require("zeromq");
import {
  type CommMessage,
  type CompleteReply,
  type CursorContent,
  type ExecuteContent,
  type ExecuteReply,
  type Port,
  type ProtocolData,
  type Publication,
  type Question,
  type Request,
  type ToExecution,
  type ToProtocol,
  UNSENT,
} from "../messages.js";
import { complain } from "../terminal.js";
import { addressOf } from "./address.js";
import { fieldsAt } from "./fields.js";
import { SessionHistory, type HistoryQuery } from "./history.js";
import { interrupt } from "./interrupt.js";
import { Language } from "./language.js";
import { endKernel, endWithParent } from "./lifetime.js";
import { watchHeap } from "./memory.js";
import { Outbox } from "./outbox.js";
import { PipedOutput } from "./pipes.js";
import { StreamBuffer } from "./streams.js";
import { type Draft, type Received, decode, encode } from "./wire.js";

const data = workerData as ProtocolData;
const { connection, info, flags, typed } = data;
const execution: Port<ToExecution, ToProtocol> = data.execution;
// First of all, since the first cell waits for it.
let notices = "";
const language = new Language(process.cwd(), data.globals, (text) => {
  if (lastCell === undefined) notices += text;
  else streams.add(lastCell, "stderr", text);
});

refuseNetworks();

// A client that is slower than a cell's output slows the cell down; see tellPace and refuseToWait.
const iopub = new zmq.XPublisher({ sendHighWaterMark: 512, noDrop: true, sendTimeout: 0 });
const shell = new zmq.Router({ sendHighWaterMark: 0 });
const control = new zmq.Router();
const stdin = new zmq.Router();
// No Reply, as the protocol has it: that one loses step, and its thread, over a client that speaks something else.
const hb = new zmq.Router();
const sockets = { iopub, shell, control, stdin, hb };
type Socket = (typeof sockets)[keyof typeof sockets];
const outboxes = new Map<Socket, Outbox>(
  Object.values(sockets).map((socket) => [socket, new Outbox(socket, refuseToWait)]),
);

const history = new SessionHistory();
const streams = new StreamBuffer((cell, name, text) => publish(cell, "stream", { name, text }));
const pipes = new PipedOutput(data.pipes, (name, text) => streams.add(undefined, name, text));
/** Requests on the shell channel that wait for their turn. */
const queue: Received[] = [];
/** The request that the main thread works on. */
let current: Received | undefined;
/** Where what a cell publishes belongs, by the id of its request; also long after it has ended. */
const cells = new Map<string, { parent: Received["header"]; silent: boolean }>();
/** The cell that began last. What nobody has started in particular belongs to it. */
let lastCell: string | undefined;
/** The targets of the comms that are open, by comm. */
const comms = new Map<string, { target_name: string }>();
/** What came through a comm, by id. */
const asked = new Map<string, Received>();
let executionCount = 0;
/** How often the main thread has answered that it was interrupted while no cell ran. */
let idleAnswers = 0;

/** How much may wait for the clients before a cell that prints waits, too, and how often that is looked at. */
const MAX_OUTBOX_BYTES = 4e6;
const PACE_MS = 5;
const MAX_STALL_S = 5;
/** How long a kernel waits for the ports of the one before. */
const BIND_MS = 2000;
/** What is answered in turn: by this thread the first three, by the main thread the last. */
const ANSWERED_IN_TURN = ["kernel_info_request", "history_request", "comm_info_request", "execute_request"];
/** What is answered at once, by the process that knows TypeScript. */
const ASKED_BY_EDITORS = {
  complete_request: "complete",
  inspect_request: "inspect",
  is_complete_request: "isWhole",
} as const;

await start();

/** A shell that runs any code listens at this address, so it is never offered to a network. */
function refuseNetworks(): void {
  if (connection.transport === "tcp" && !/^(127\.|::1$|localhost$)/.test(connection.ip)) {
    complain(`refuses to listen on ${connection.ip}; use 127.0.0.1.`);
    process.kill(process.pid, "SIGKILL");
  }
}

async function start(): Promise<void> {
  execution.on("message", onExecution);
  language.serve(data);
  // Each new subscriber is greeted, so that a client knows from when on it misses nothing.
  iopub.verbosity = "allSubs";
  await bind();
  publishStatus(undefined, "starting");
  void receive(shell, onShell);
  void receive(control, onControl);
  void receive(stdin, (message) => typed.postMessage((message.content as { value: string }).value));
  void echoHeartbeats();
  void greetSubscribers();
  pipes.listen(() => current !== undefined, takeMessages);
  watchHeap(data.heapLimit, (reason, frames) => {
    execution.postMessage({ kind: "where", frames });
    interruptCell(reason);
  });
  endWithParent();
}

/** Binds one socket after another, because the thread cannot end while a socket is still being bound. */
async function bind(): Promise<void> {
  for (const name of ["iopub", "shell", "control", "stdin", "hb"] as const) {
    const address = addressOf(connection, name);
    try {
      await retry(BIND_MS, () => sockets[name].bind(address));
    } catch (error) {
      throw new Error(
        `cannot listen on ${address}: ${(error as Error).message}. Start the kernel again, and Jupyter chooses other ports.`,
        { cause: error },
      );
    }
  }
}

/** Tries again and again until it works, or the time is over: last-words.ts may still listen there. */
async function retry(time: number, work: () => Promise<void>): Promise<void> {
  const end = performance.now() + time;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function receive(socket: zmq.Router, handle: (message: Received) => void): Promise<void> {
  for await (const frames of socket) {
    const message = decode(connection.key, frames);
    if (!message) {
      complain("dropped a message that is not whole or not signed with the key of this kernel.");
      continue;
    }
    try {
      handle(message);
    } catch (error) {
      const { name, message: why, stack } = error as Error;
      complain(`cannot answer a ${message.header.msg_type}: ${stack}`);
      reply(socket, message, { status: "error", ename: name, evalue: why, traceback: [String(stack)] });
    }
  }
}

async function echoHeartbeats(): Promise<void> {
  for await (const frames of hb) send(hb, frames);
}

async function greetSubscribers(): Promise<void> {
  for await (const [frame] of iopub) {
    if (frame[0] !== 1) continue;
    const subscription = frame.subarray(1);
    sendDraft(iopub, {
      identities: [subscription],
      type: "iopub_welcome",
      content: { subscription: subscription.toString() },
    });
  }
}

/** Publishes on iopub in the name of a cell, unless that cell is silent. */
function publish(
  cell: string | undefined,
  type: string,
  content: object,
  rest: { metadata?: object; buffers?: Uint8Array[] } = {},
): void {
  const { parent, silent = false } = cells.get(cell ?? lastCell ?? "") ?? {};
  if (!silent) sendDraft(iopub, { identities: [Buffer.from(type)], type, parent, content, ...rest });
}

function publishStatus(message: Received | undefined, state: "starting" | "busy" | "idle"): void {
  sendDraft(iopub, {
    identities: [Buffer.from("status")],
    type: "status",
    parent: message?.header,
    content: { execution_state: state },
  });
}

function reply(channel: zmq.Router, message: Received, content: object): void {
  const type = message.header.msg_type.replace(/_request$/, "_reply");
  sendDraft(channel, { identities: message.identities, type, parent: message.header, content });
}

function sendDraft(socket: Socket, draft: Draft): void {
  send(socket, encode(connection.key, draft));
}

function send(socket: Socket, frames: (string | Buffer)[]): void {
  outboxes.get(socket)?.send(frames);
}

/** Starts the next waiting request, if the main thread is free. */
function next(): void {
  for (let message; !current && (message = queue.shift());) {
    publishStatus(message, "busy");
    const content = answer(message);
    if (content) {
      reply(shell, message, content);
      publishStatus(message, "idle");
    } else {
      current = message;
      if (isExecution(message)) beginExecution(message);
      execution.postMessage({ kind: "request", request: requestFrom(message as Received<ExecuteContent>) });
    }
  }
}

function isExecution(message: Received | undefined): message is Received<ExecuteContent> {
  return message?.header.msg_type === "execute_request";
}

function beginExecution(message: Received<ExecuteContent>): void {
  const { code, silent, store_history = true } = message.content;
  streams.flush();
  const id = message.header.msg_id;
  cells.set(id, { parent: message.header, silent: silent === true });
  lastCell = id;
  pipes.noteCell(message);
  if (silent) return;
  if (notices !== "") streams.add(id, "stderr", notices);
  notices = "";
  // A cell that is not stored shows the number that the next stored one will get.
  const count = store_history ? ++executionCount : executionCount + 1;
  if (store_history) history.add(count, code);
  publish(id, "execute_input", { code, execution_count: count });
}

/** The main thread has answered the current request. */
function finish(message: Received, content: ExecuteReply): void {
  current = undefined;
  pipes.noteCell(undefined);
  pipes.read();
  streams.flush();
  reply(shell, message, { ...content, execution_count: executionCount, payload: [] });
  publishStatus(message, "idle");
  if (content.status === "error" && ((message.content as ExecuteContent).stop_on_error ?? true)) abortQueue();
  next();
}

/** After a failed cell, the cells that were sent before its failure was known are not run. */
function abortQueue(): void {
  for (const message of queue.splice(0)) {
    if (!isExecution(message)) {
      queue.push(message);
      continue;
    }
    publishStatus(message, "busy");
    // Without a count: a notebook would show it beside the cell, as if it had run.
    reply(shell, message, { status: "aborted" });
    publishStatus(message, "idle");
  }
}

/** Answers what needs no TypeScript; undefined for anything else. */
function answer({ header, content }: Received): object | undefined {
  switch (header.msg_type) {
    case "kernel_info_request":
      return info;
    case "history_request":
      return { status: "ok", history: history.query(content as HistoryQuery) };
    case "comm_info_request":
      return { status: "ok", comms: openComms(content as { target_name?: string }) };
    default:
      return undefined;
  }
}

function requestFrom({ header, metadata, content }: Received<ExecuteContent>): Request {
  return { id: header.msg_id, content, count: executionCount, cellId: metadata.cellId };
}

function onShell(message: Received): void {
  const { msg_type: type } = message.header;
  if (ANSWERED_IN_TURN.includes(type)) {
    queue.push(message);
    next();
  } else if (Object.hasOwn(ASKED_BY_EDITORS, type)) {
    void answerEditor(message, ASKED_BY_EDITORS[type as keyof typeof ASKED_BY_EDITORS]);
  } else if (type === "shutdown_request") {
    shutDown(shell, message);
  } else if (type === "comm_open" || type === "comm_msg" || type === "comm_close") {
    passThroughComm(type, message);
  }
}

function passThroughComm(type: CommMessage["type"], message: Received): void {
  const { header, metadata, buffers } = message;
  const content = message.content as CommMessage["content"];
  publishStatus(message, "busy");
  asked.set(header.msg_id, message);
  noteComm(type, content);
  execution.postMessage({ kind: "comm", request: header.msg_id, message: { type, content, metadata, buffers } });
}

function noteComm(type: CommMessage["type"], { comm_id, target_name = "" }: CommMessage["content"]): void {
  if (type === "comm_open") comms.set(comm_id, { target_name });
  else if (type === "comm_close") comms.delete(comm_id);
}

function openComms({ target_name }: { target_name?: string }): object {
  const open = [...comms].filter(([, comm]) => target_name === undefined || comm.target_name === target_name);
  return Object.fromEntries(open);
}

async function answerEditor(message: Received, kind: "complete" | "inspect" | "isWhole"): Promise<void> {
  publishStatus(message, "busy");
  const result = await language.ask({ kind, content: message.content } as Question);
  if ("failure" in result) {
    const { failure } = result;
    reply(shell, message, { status: "error", ename: "Error", evalue: failure, traceback: [failure] });
  } else if (kind === "complete") {
    const completions = result.answer as CompleteReply;
    reply(shell, message, await withFields(completions, message.content as CursorContent));
  } else {
    reply(shell, message, result.answer as object);
  }
  publishIdle(message);
}

/** Where TypeScript knows no completions, as the value may be anything, the value itself does. */
async function withFields(completions: CompleteReply, { code, cursor_pos }: CursorContent): Promise<CompleteReply> {
  if (completions.matches.length > 0) return completions;
  const before = [...code].slice(0, cursor_pos);
  const fields = await fieldsAt(before.join(""));
  if (!fields) return completions;
  return {
    ...completions,
    matches: fields.names,
    cursor_start: before.length - [...fields.typed].length,
    cursor_end: before.length,
  };
}

/** Says that a request is done. While a cell runs, the kernel as a whole is busy still. */
function publishIdle(message: Received): void {
  publishStatus(message, "idle");
  if (current) publishStatus(current, "busy");
}

/** The control channel is never queued: through it a busy kernel can be reached. */
function onControl(message: Received): void {
  const { msg_type: type } = message.header;
  if (type === "shutdown_request") {
    shutDown(control, message);
    return;
  }
  publishStatus(message, "busy");
  const content = answer(message);
  if (content) reply(control, message, content);
  if (type === "interrupt_request") {
    interruptCell();
    reply(control, message, { status: "ok" });
  }
  publishIdle(message);
}

/** @param reason what the cell's error says, if nobody has asked for the interrupt */
function interruptCell(reason?: string): void {
  const cell = isExecution(current) ? current : undefined;
  const before = idleAnswers;
  const request = cell?.header.msg_id ?? null;
  // What was meant for a timer of an earlier cell must not meet the next cell.
  interrupt(execution, flags, { request, reason }, () =>
    cell ? current !== cell : idleAnswers > before || current !== undefined,
  );
}

function shutDown(channel: zmq.Router, message: Received): void {
  streams.flush();
  publishStatus(message, "busy");
  const { restart = false } = message.content as { restart?: boolean };
  reply(channel, message, { status: "ok", restart });
  publishStatus(message, "idle");
  void endKernel(execution, outboxes);
}

const isComm = (publication: Publication): publication is CommMessage => publication.type.startsWith("comm_");

/** What was printed and has arrived here, but of which the main thread has not been told so. */
let untold = 0;
let isPacing = false;

/** Tells the main thread how much of what it prints has left, so that it goes on. */
function tellPace(): void {
  isPacing = (outboxes.get(iopub)?.bytes ?? 0) > MAX_OUTBOX_BYTES;
  if (isPacing) {
    setTimeout(tellPace, PACE_MS);
    return;
  }
  Atomics.sub(flags, UNSENT, untold);
  Atomics.notify(flags, UNSENT);
  untold = 0;
}

/**
 * A client that reads nothing at all must not stop the others: from now on it misses what it does not take in time. ZeroMQ
 * does not say whose messages it drops, so that none is sent faster than a client that reads can follow.
 */
function refuseToWait(seconds: number): void {
  if (seconds < MAX_STALL_S) return;
  iopub.noDrop = false;
  outboxes.get(iopub)?.slowDown();
  complain(`a client has read nothing for ${MAX_STALL_S} s; it may miss some of the output.`);
}

/** Deals with what the main thread has sent already. */
function takeMessages(): void {
  for (let taken; (taken = receiveMessageOnPort(data.execution) as { message: ToProtocol } | undefined);)
    onExecution(taken.message);
}

function onExecution(message: ToProtocol): void {
  switch (message.kind) {
    case "reply":
      // An interrupted request may be answered twice.
      if (current && message.to === current.header.msg_id) finish(current, message.content);
      break;
    case "idle":
      idleAnswers++;
      break;
    case "stream":
      streams.add(message.cell, message.name, message.text);
      untold += message.text.length;
      if (!isPacing) tellPace();
      break;
    case "piped":
      pipes.add(message.name, message.bytes);
      break;
    case "publish": {
      streams.flush();
      const { publication } = message;
      const { type, content } = publication;
      if (isComm(publication)) noteComm(publication.type, publication.content);
      const { metadata, buffers } = isComm(publication) ? publication : {};
      publish(message.cell, type, content, { metadata, buffers });
      if (type === "execute_result") history.setOutput(content.execution_count, content.data["text/plain"]);
      break;
    }
    case "handled": {
      const request = asked.get(message.request);
      asked.delete(message.request);
      if (request) publishIdle(request);
      break;
    }
    case "ask":
      streams.flush();
      if (!current) break; // the question came from a timer, after its cell had ended
      sendDraft(stdin, {
        identities: current.identities,
        type: "input_request",
        parent: current.header,
        content: message.question,
      });
  }
}
