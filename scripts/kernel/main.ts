// The kernel: `node main.cjs CONNECTION_FILE`, as kernel.json says.
//
// tslab compiles and runs TypeScript well, but speaks half of the Jupyter protocol. So its compiler and executor are
// used here, and the rest is our own: the protocol in a thread (server.cjs), one file for each thing that it adds.

const fs = require("node:fs");
const path = require("node:path");
const { MessageChannel, Worker } = require("node:worker_threads");
const { COMPILING } = require("./interrupt.cjs");
const { guardChildren } = require("./lifetime.cjs");

const TSLAB_VERSION = "1.0.22";

// A cell finds another one in its place, see below.
const { exit } = process;

function fail(message) {
  fs.writeSync(2, `TypeScript kernel: ${message}\n`);
  exit(1);
}

function checkTslab() {
  let version;
  try {
    version = require("tslab/package.json").version;
  } catch {
    fail(`tslab is not installed; run npm run setup in ${path.resolve(__dirname, "../..")}.`);
  }
  if (version !== TSLAB_VERSION) {
    fail(`needs tslab ${TSLAB_VERSION}, whose inner parts it uses, and found ${version}; run npm ci.`);
  }
}

/** The whole of a kernel_info_reply. */
function kernelInfo() {
  const typescript = require("@tslab/typescript-for-tslab/package.json").version;
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

if (process.argv.length !== 3) fail("expected one argument, the connection file that Jupyter writes.");
checkTslab();

const shared = new Int32Array(new SharedArrayBuffer(8));
Atomics.store(shared, COMPILING, 1); // until all is loaded
const typed = new MessageChannel();
const server = new Worker(path.join(__dirname, "server.cjs"), {
  workerData: {
    connection: JSON.parse(fs.readFileSync(process.argv[2], "utf8")),
    info: kernelInfo(),
    shared,
    typed: typed.port1,
  },
  transferList: [typed.port1],
});
server.on("error", (error) => fail(`the protocol's thread failed: ${error.stack}`));
guardChildren();

// The thread answers by now; TypeScript takes a second to load.
const { CellRunner } = require("./cell.cjs");
const { takeOverDisplay } = require("./display.cjs");
const { complete, inspect, isComplete } = require("./editor.cjs");
const { tidy } = require("./memory.cjs");
const { createPrompt, refuseStdin } = require("./input.cjs");

const publish = (type, content) => server.postMessage({ publish: { type, content } });

const cells = new CellRunner(publish, shared);
takeOverDisplay(publish);
for (const name of ["stdout", "stderr"]) {
  process[name].write = (chunk, encoding, callback) => {
    server.postMessage({ stream: { name, text: typeof chunk === "string" ? chunk : Buffer.from(chunk).toString() } });
    (typeof encoding === "function" ? encoding : callback)?.();
    return true;
  };
}
let allowStdin = false;
cells.locals.prompt = createPrompt(
  (ask) => server.postMessage({ ask }),
  typed.port2,
  () => allowStdin,
);
refuseStdin();
process.exit = (code) => {
  throw new Error(`process.exit(${code ?? ""}) in a cell would end the kernel; throw an error to end the cell.`);
};
// Stack traces of the library name its TypeScript sources.
process.setSourceMapsEnabled(true);

/** What the library may ask of the kernel; see lib/notebook/kernel.ts. */
const cell = (globalThis[Symbol.for("training-techniques.cell")] = {
  get signal() {
    return cells.signal;
  },
  /** The notebook's name for the cell: JupyterLab says it. */
  id: undefined,
  clearOutput: (wait = false) => publish("clear_output", { wait }),
});

const answers = {
  execute_request: (content, count) => cells.execute(content, count),
  complete_request: (content) => complete(cells, content),
  inspect_request: (content) => inspect(cells, content),
  is_complete_request: (content) => isComplete(content),
};

/** The last request that was answered. */
let answered;

async function answer({ id, type, content, count, cellId }) {
  if (type === "execute_request") {
    cell.id = cellId;
    allowStdin = content.allow_stdin ?? true;
  }
  let reply;
  try {
    reply = await answers[type](content, count);
  } catch (error) {
    reply = { status: "error", ename: error.name, evalue: error.message, traceback: [error.stack] };
  }
  server.postMessage({ to: id, reply });
  answered = id;
  tidy();
}

server.on("message", ({ request, interrupt, exit: end }) => {
  if (request) answer(request);
  else if (end) exit(0);
  else if (interrupt.request === null) server.postMessage({ idle: true });
  else if (interrupt.request === answered) return;
  // Asked for the second time, then the answer to the first was torn away together with a loop.
  else if (!cells.interrupt()) server.postMessage({ to: interrupt.request, reply: cells.abandon() });
});
process.on("SIGINT", () => cells.interrupt());
Atomics.store(shared, COMPILING, 0);
