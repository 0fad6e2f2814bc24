/**
 * The kernel's entry: `node main.js CONNECTION_FILE`, as kernel.json says.
 *
 * tslab compiles and runs TypeScript well, but speaks only half of Jupyter's protocol. So the kernel uses tslab's
 * compiler and executor, and adds the rest: the protocol, in a thread of its own (protocol/), and what cells need in
 * the main thread (execution/).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MessageChannel, Worker } from "node:worker_threads";
import { root } from "#setup/clone.mjs";
import { guardChildren } from "./execution/children.js";
import { fail } from "./execution/process.js";
import { COMPILING, type Connection, type ProtocolData, createFlags } from "./messages.js";

const TSLAB_VERSION = "1.0.22";

const require = createRequire(import.meta.url);

await start(process.argv.slice(2));

async function start(args: string[]): Promise<void> {
  if (args.length !== 1) fail("expected one argument, the connection file that Jupyter writes.");
  checkTslab();
  const session = import("./execution/session.js"); // its files are read while the protocol's thread starts
  const flags = createFlags();
  Atomics.store(flags, COMPILING, 1); // until everything is loaded
  // A channel of our own rather than the Worker's: it keeps what arrives before the main thread listens.
  const messages = new MessageChannel();
  const typed = new MessageChannel();
  startProtocol({
    connection: JSON.parse(readFileSync(args[0], "utf8")) as Connection,
    info: kernelInfo(),
    flags,
    execution: messages.port1,
    typed: typed.port1,
  });
  guardChildren();
  // The protocol's thread answers from here on, while TypeScript takes about a second to load.
  const { openSession } = await session;
  openSession({ protocol: messages.port2, typed: typed.port2, flags });
}

/** The kernel uses inner parts of tslab, so no other version will do. */
function checkTslab(): void {
  let version: string;
  try {
    version = versionOf("tslab");
  } catch {
    fail(`tslab is not installed; run npm run setup in ${root}.`);
  }
  if (version !== TSLAB_VERSION) {
    fail(`needs tslab ${TSLAB_VERSION}, whose inner parts it uses, and found ${version}; run npm ci.`);
  }
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

function startProtocol(data: ProtocolData): void {
  const thread = new Worker(new URL("./protocol/server.js", import.meta.url), {
    workerData: data,
    transferList: [data.execution, data.typed],
  });
  thread.on("error", (error: Error) => fail(`the protocol's thread failed: ${error.stack}`));
}

/** The content of a kernel_info_reply. */
function kernelInfo(): object {
  const typescript = versionOf("@tslab/typescript-for-tslab");
  return {
    status: "ok",
    protocol_version: "5.4",
    implementation: "tslab",
    implementation_version: TSLAB_VERSION,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      // JupyterLab finds its highlighter by `mode`, the classic notebook by `name`.
      codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
      nbconvert_exporter: "script",
      pygments_lexer: "typescript",
    },
    banner: `TypeScript ${typescript} on Node.js ${process.versions.node} (tslab ${TSLAB_VERSION})`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
  };
}
