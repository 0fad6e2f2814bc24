// The kernel's ears and mouth: a thread of its own that speaks the Jupyter protocol, so that heartbeats,
// interrupts, shut-downs and the output of a busy loop pass while the main thread runs a cell.
//
// To the main thread go { request: { id, type, content, … } }, one at a time, in the order received;
// from it come { publish } for iopub, { ask } for stdin, and { reply } when the request is answered.

const { writeSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const zmq = require("zeromq");
const { History } = require("./history.cjs");
const { interrupt } = require("./interrupt.cjs");
const { endKernel, endWithParent } = require("./lifetime.cjs");
const { Outbox } = require("./outbox.cjs");
const { StreamBuffer } = require("./streams.cjs");
const { decode, encode } = require("./wire.cjs");

const { connection, info, shared, typed } = workerData;

// Behind this address stands a shell that runs any code: never offer it to a network.
if (connection.transport === "tcp" && !/^(127\.|::1$|localhost$)/.test(connection.ip)) {
  writeSync(2, `TypeScript kernel: refuses to listen on ${connection.ip}; use 127.0.0.1.\n`);
  process.kill(process.pid, "SIGKILL");
}

// No high-water mark: ZeroMQ would silently drop the output of a fast loop.
const iopub = new zmq.XPublisher({ sendHighWaterMark: 0 });
const shell = new zmq.Router({ sendHighWaterMark: 0 });
const control = new zmq.Router();
const stdin = new zmq.Router();
const hb = new zmq.Reply();
const sockets = { iopub, shell, control, stdin, hb };
const outboxes = new Map(Object.values(sockets).map((socket) => [socket, new Outbox(socket)]));

const history = new History();
const streams = new StreamBuffer((name, text) => publish("stream", { name, text }));
/** Requests on the shell channel that wait for their turn. */
const queue = [];
/** The request that the main thread works on. */
let current;
/** The last execute_request: what arrives from the main thread later, from a timer, say, belongs to it. */
let lastExecuted;
let executionCount = 0;
/** The main thread's answer when it is interrupted and no cell runs. */
let idle = true;

/** Publishes on iopub in the name of the last executed cell, unless that cell is silent. */
function publish(type, content, metadata) {
  if (lastExecuted?.content.silent) return;
  send(iopub, { identities: [Buffer.from(type)], type, parent: lastExecuted?.header, content, metadata });
}

function publishStatus(message, state) {
  send(iopub, {
    identities: [Buffer.from("status")],
    type: "status",
    parent: message?.header,
    content: { execution_state: state },
  });
}

function reply(channel, message, content) {
  const type = message.header.msg_type.replace(/_request$/, "_reply");
  send(channel, { identities: message.identities, type, parent: message.header, content });
}

function send(socket, message) {
  outboxes.get(socket).send(encode(connection.key, message));
}

/** Starts the next waiting request, if the main thread is free. */
function next() {
  while (!current && queue.length > 0) {
    const message = queue.shift();
    const { msg_type: type } = message.header;
    const { content } = message;
    publishStatus(message, "busy");
    if (type in answers) {
      reply(shell, message, answers[type](content));
      publishStatus(message, "idle");
    } else {
      current = message;
      if (type === "execute_request") beginExecution(message);
      const { msg_id: id } = message.header;
      parentPort.postMessage({
        request: { id, type, content, count: executionCount, cellId: message.metadata.cellId },
      });
    }
  }
}

function beginExecution(message) {
  const { code, silent, store_history = true } = message.content;
  streams.flush();
  lastExecuted = message;
  if (silent) return;
  // A cell that is not stored shows the number that the next stored one will get.
  const count = store_history ? ++executionCount : executionCount + 1;
  if (store_history) history.add(count, code);
  publish("execute_input", { code, execution_count: count });
}

/** The main thread has answered the current request. */
function finish(content) {
  const message = current;
  current = undefined;
  const executed = message.header.msg_type === "execute_request";
  streams.flush();
  if (executed) content = { ...content, execution_count: executionCount, payload: [] };
  reply(shell, message, content);
  publishStatus(message, "idle");
  if (executed && content.status === "error" && (message.content.stop_on_error ?? true)) abortQueue();
  next();
}

/** After a failed cell, the cells that were sent before its failure was known are not run. */
function abortQueue() {
  for (const message of queue.splice(0)) {
    if (message.header.msg_type !== "execute_request") {
      queue.push(message);
      continue;
    }
    publishStatus(message, "busy");
    // Without a count: a notebook would show it beside the cell, as if it had run.
    reply(shell, message, { status: "aborted" });
    publishStatus(message, "idle");
  }
}

/** What needs no TypeScript is answered here. */
const answers = {
  kernel_info_request: () => info,
  history_request: (content) => ({ status: "ok", history: history.query(content) }),
  comm_info_request: () => ({ status: "ok", comms: {} }),
};

/** What goes to the main thread, in turn. */
const passedOn = ["execute_request", "complete_request", "inspect_request", "is_complete_request"];

function onShell(message) {
  const { msg_type: type } = message.header;
  if (type in answers || passedOn.includes(type)) {
    queue.push(message);
    next();
  } else if (type === "shutdown_request") {
    shutDown(shell, message);
  } else if (type === "comm_open") {
    // No comm target exists here, and the protocol says to answer so.
    send(iopub, {
      identities: [Buffer.from("comm_close")],
      type: "comm_close",
      parent: message.header,
      content: { comm_id: message.content.comm_id, data: {} },
    });
  }
}

/** The control channel is never queued: this is how a busy kernel is reached. */
function onControl(message) {
  const { msg_type: type } = message.header;
  if (type === "shutdown_request") return shutDown(control, message);
  publishStatus(message, "busy");
  if (type in answers) reply(control, message, answers[type](message.content));
  if (type === "interrupt_request") {
    const cell = current?.header.msg_type === "execute_request" ? current : null;
    idle = false;
    interrupt(parentPort, shared, cell && cell.header.msg_id, () => (cell ? current !== cell : idle));
    reply(control, message, { status: "ok" });
  }
  publishStatus(message, "idle");
}

function shutDown(channel, message) {
  streams.flush();
  publishStatus(message, "busy");
  reply(channel, message, { status: "ok", restart: message.content.restart ?? false });
  publishStatus(message, "idle");
  endKernel(parentPort, outboxes);
}

parentPort.on("message", (message) => {
  // An interrupted request may be answered twice.
  if (message.reply) {
    if (message.to === current?.header.msg_id) finish(message.reply);
  } else if (message.idle) idle = true;
  else if (message.stream) streams.add(message.stream.name, message.stream.text);
  else if (message.publish) {
    streams.flush();
    const { type, content, metadata } = message.publish;
    publish(type, content, metadata);
    if (type === "execute_result") history.setOutput(content.execution_count, content.data["text/plain"]);
  } else if (message.ask) {
    streams.flush();
    send(stdin, {
      identities: current.identities,
      type: "input_request",
      parent: current.header,
      content: message.ask,
    });
  }
});

async function receive(socket, handle) {
  for await (const frames of socket) {
    const message = decode(connection.key, frames);
    if (message) handle(message);
    else
      writeSync(
        2,
        "TypeScript kernel: dropped a message that is not whole or not signed with the key of this kernel.\n",
      );
  }
}

async function start() {
  // Each new subscriber is greeted, so that a client knows from when on it misses nothing.
  iopub.verbosity = "allSubs";
  // One by one: the thread cannot end while a socket is still being bound.
  for (const [name, socket] of Object.entries(sockets)) {
    const port = connection[`${name}_port`];
    const address =
      connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
    try {
      await socket.bind(address);
    } catch (error) {
      throw new Error(
        `cannot listen on ${address}: ${error.message}. Start the kernel again, and Jupyter chooses other ports.`,
        { cause: error },
      );
    }
  }
  publishStatus(undefined, "starting");
  receive(shell, onShell);
  receive(control, onControl);
  receive(stdin, (message) => typed.postMessage(message.content.value));
  (async () => {
    for await (const frames of hb) outboxes.get(hb).send(frames);
  })();
  (async () => {
    for await (const [frame] of iopub) {
      if (frame[0] !== 1) continue;
      const subscription = frame.subarray(1);
      send(iopub, {
        identities: [subscription],
        type: "iopub_welcome",
        content: { subscription: subscription.toString() },
      });
    }
  })();
  endWithParent();
}

start();
