/**
 * Says in the notebook why the kernel has died: `node last-words.js CONNECTION_FILE RUNNING_CELL`, with what the kernel
 * wrote at last on standard input. V8 ends the whole process when the heap is full, so this is one of its own, started by
 * execution/children.ts. It listens where the kernel did, as the clients connect again by themselves.
 */
import { existsSync, readFileSync } from "node:fs";
import zmq = require("zeromq");
import type { Connection } from "../messages.js";
import { addressOf } from "./address.js";
import { encode, type Received } from "./wire.js";

/** Clients come back in this time. Jupyter may start the next kernel soon after. */
const PATIENCE_MS = 1000;
const LAST_BYTES_MS = 100;

/** Written by the kernel while a cell runs. */
export interface RunningCell {
  header: Received["header"];
  /** In base64. */
  identities: string[];
}

const [connectionFile, cellFile] = process.argv.slice(2);
if (existsSync(cellFile))
  await tell(JSON.parse(readFileSync(cellFile, "utf8")) as RunningCell, readFileSync(0, "utf8"));

async function tell(cell: RunningCell, lastWords: string): Promise<void> {
  const connection = JSON.parse(readFileSync(connectionFile, "utf8")) as Connection;
  const iopub = new zmq.XPublisher();
  const shell = new zmq.Router({ mandatory: true }); // sending fails until the client is there
  await iopub.bind(addressOf(connection, "iopub"));
  await shell.bind(addressOf(connection, "shell"));
  const [ename, evalue] = reasonIn(lastWords);
  const error = { ename, evalue, traceback: [`${ename}: ${evalue}`] };
  const framesOf = (identities: Buffer[], type: string, content: object) =>
    encode(connection.key, { identities, type, parent: cell.header, content });
  const publish = (type: string, content: object) => iopub.send(framesOf([Buffer.from(type)], type, content));
  setTimeout(() => process.exit(), PATIENCE_MS);
  await iopub.receive(); // a subscription
  await publish("error", error);
  const client = cell.identities.map((identity) => Buffer.from(identity, "base64"));
  const reply = framesOf(client, "execute_reply", { status: "error", execution_count: null, ...error });
  while (
    !(await shell.send(reply).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 20));
  await publish("status", { execution_state: "idle" });
  setTimeout(() => process.exit(), LAST_BYTES_MS);
}

function reasonIn(lastWords: string): [name: string, message: string] {
  if (/heap|memory|invalid size|Allocate|NewArray|GrowArray/i.test(lastWords))
    return [
      "OutOfMemory",
      "the kernel has died, as its heap was full. All variables are gone. Hold less at a time, or start Jupyter with more: NODE_OPTIONS=--max-old-space-size=8192 (megabytes).",
    ];
  const line = /^.*(fatal|error:).*$/im.exec(lastWords)?.[0].trim() ?? "Node gives no reason";
  return ["KernelDied", `the kernel has died: ${line}. All variables are gone.`];
}
