/**
 * The kernel's entry: `node main.js CONNECTION_FILE [FOLDER_OF_PIPES]`, as start.sh calls it, or Jupyter itself on Windows.
 * This thread runs the cells (execution/), another speaks Jupyter's protocol (protocol/), and a process of its own knows
 * TypeScript (language/, over compiler/).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { getHeapStatistics } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { root } from "#setup/clone.mjs";
import { guardChildren } from "./execution/children.js";
import { fail } from "./execution/process.js";
import { Language } from "./execution/language.js";
import { type Connection, createFlags, LOADING, type ProtocolData } from "./messages.js";

const require = createRequire(import.meta.url);

/** Three semi-spaces, which count in V8's limit, but cannot be filled with what stays; see kernelspec.mjs. */
const YOUNG_GENERATION_BYTES = 3 * 16 * 2 ** 20;

await start(process.argv.slice(2));

async function start([connection, pipes]: string[]): Promise<void> {
  if (connection === undefined) fail("expected one argument, the connection file that Jupyter writes.");
  const flags = createFlags();
  Atomics.store(flags, LOADING, 1); // until everything is loaded
  // Channels of our own rather than the Workers': they keep what arrives before a thread listens.
  const messages = new MessageChannel();
  const typed = new MessageChannel();
  const compiling = new MessageChannel();
  const waiting = new MessageChannel();
  const awake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  startProtocol({
    connection: JSON.parse(readFileSync(connection, "utf8")) as Connection,
    pipes,
    info: kernelInfo(),
    flags,
    heapLimit: getHeapStatistics().heap_size_limit - YOUNG_GENERATION_BYTES,
    execution: messages.port1,
    typed: typed.port1,
    globals: Object.getOwnPropertyNames(globalThis),
    compiling: compiling.port1,
    waiting: waiting.port1,
    awake,
  });
  guardChildren(pipes, connection);
  const { openSession } = await import("./execution/session.js");
  const language = new Language(compiling.port2, waiting.port2, awake);
  openSession({ protocol: messages.port2, typed: typed.port2, flags, language, pipes });
}

function versionOf(name: string): string {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    fail(`${name} is not installed; run npm run setup in ${root}.`);
  }
}

function startProtocol(data: ProtocolData): void {
  const thread = new Worker(new URL("./protocol/server.js", import.meta.url), {
    workerData: data,
    transferList: [data.execution, data.typed, data.compiling, data.waiting],
  });
  thread.on("error", (error: Error) => fail(`the protocol's thread failed: ${error.stack}`));
}

/** The content of a kernel_info_reply. */
function kernelInfo(): object {
  const typescript = versionOf("typescript");
  const tslab = versionOf("tslab");
  return {
    status: "ok",
    protocol_version: "5.4",
    implementation: "tslab",
    implementation_version: tslab,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      // A text: clients that are written in Rust take no object without a version.
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
      pygments_lexer: "typescript",
    },
    banner: `TypeScript ${typescript} on Node.js ${process.versions.node} (tslab ${tslab})`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
  };
}
