// Options and help of every `npm run …`, apart from the code, so that `--help` works before anything is installed.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "./clone.mjs";

/**
 * What set-up can bring: `lab` is what opening and executing the notebooks needs, `all` adds what pages, tests and checks
 * need.
 * @typedef {"lab" | "all"} Part
 */

/**
 * @typedef {object} Command
 * @property {string} usage
 * @property {Part} [needs]  what is set up first; without it, nothing is
 * @property {import("node:util").ParseArgsConfig["options"]} [options]
 * @property {boolean} [allowPositionals]
 * @property {boolean} [passesOn]  whether all arguments but `--help` are passed to another program
 */

/** By the name of the module in scripts/, with a colon for each slash. @type {Record<string, Command>} */
export const commands = {
  setup: {
    usage: `Installs what is missing, inside the clone. Every other command does the same first with what it needs itself.

  npm run setup            everything
  npm run setup -- lab     what npm run lab needs, and kernel, worker and serve

                                                              download      disk
  lab   Node packages: the library, the kernel, MNIST           170 MB    240 MB
        Python packages: JupyterLab                              55 MB    130 MB
        TensorFlow and its addon, unless WebAssembly trains     275 MB    640 MB
        what is compiled of this clone                                     65 MB
  rest  Node packages of pages, tests and checks                 80 MB    125 MB
        Python packages of tests and checks                      35 MB    100 MB
        Chromium: static images, and tests of pages              75 MB    210 MB

The addon is built by this machine's C++ compiler (CXX, g++, c++ or clang++). Where there is none, training uses
WebAssembly, and nothing of TensorFlow is downloaded; only npm run setup looks for a compiler again. TRAINING_BACKEND
decides for one command: tensorflow makes a missing compiler an error, wasm and cpu do without.`,
    allowPositionals: true,
  },

  notebooks: {
    needs: "all",
    usage: `Executes notebooks from their first cell, in place, and renders all pages.

  npm run notebooks                   all of them
  npm run notebooks -- 6.1 6.3        those whose names begin like this
  QUICK=1 npm run notebooks           short trainings, to try the notebooks out; the results go to .cache/quick,
                                      and the notebooks stay as they are
  RUNS_STORE=1 npm run notebooks      takes trainings from the store if they are there; RUNS_REDIS_URL=… gives them to
                                      workers; these results go to .cache/quick too`,
    allowPositionals: true,
  },

  processors: {
    needs: "all",
    usage: `Executes notebooks with the instructions of other processors, or with WebAssembly in place of TensorFlow, and reports
which claims turn out differently.
The results go to .cache/processors, and the notebooks stay as they are.

  npm run processors                           all of them, with AVX2 and with SSE41
  npm run processors -- AVX2 6.1 6.2           only these instructions and notebooks whose names begin like this
  npm run processors -- --notebooks FOLDER     the notebooks in another folder
  npm run processors -- WASM                   with WebAssembly, which takes five times as long
  QUICK=1 npm run processors                   short trainings, to see that all cells run; claims are not compared

Instructions are AVX512_CORE, AVX2, AVX and SSE41. TensorFlow gets the name as ONEDNN_MAX_CPU_ISA and
uses no later ones. It cannot use instructions that this processor lacks.`,
    options: { notebooks: { type: "string", default: join(root, "notebooks") } },
    allowPositionals: true,
  },

  render: {
    needs: "all",
    usage: `Draws each figure of the executed notebooks once, keeps its image beside it, and writes the pages to site/.

  npm run render
  npm run render -- --notebooks FOLDER --site FOLDER     elsewhere
  npm run render -- --address https://example.org/chapter

With the address at which the pages will be published, each page names its own, and there are a site map and robots.txt.`,
    options: {
      notebooks: { type: "string", default: join(root, "notebooks") },
      site: { type: "string", default: join(root, "site") },
      address: { type: "string" },
    },
  },

  serve: {
    needs: "lab",
    usage: `Serves the rendered pages to this machine.

  npm run serve
  npm run serve -- --port 8080     on another port than 8000; 0 picks a free one
  npm run serve -- --site FOLDER   the pages in another folder than site/`,
    options: { port: { type: "string", default: "8000" }, site: { type: "string", default: join(root, "site") } },
  },

  kernel: {
    needs: "lab",
    usage: `Makes the TypeScript kernel known to your own Jupyter, in any folder, or takes it away again.

  npm run kernel -- register
  npm run kernel -- unregister
  npm run kernel -- register --name NAME     under another name than tslab`,
    options: { name: { type: "string", default: "tslab" } },
    allowPositionals: true,
  },

  lab: {
    needs: "lab",
    usage: `Opens JupyterLab on the notebooks, for this machine only.

  npm run lab
  npm run lab -- --no-browser --port 9999     and any other option of jupyter lab`,
    passesOn: true,
  },

  check: {
    needs: "all",
    usage: `Checks the code without running it: types, promises that are not awaited, imports against the order of the rooms,
unused files, exports and packages, and formatting.

  npm run check            reports what is wrong, with file and line
  npm run check -- --fix   corrects what can be corrected automatically`,
    options: { fix: { type: "boolean", default: false } },
  },

  test: {
    needs: "all",
    usage: `Runs the tests, which are beside the files they test.

  npm test                      all of them
  npm test -- lib/optimizers    those whose path contains this`,
    allowPositionals: true,
  },

  fuzz: {
    needs: "all",
    usage: `Gives random, damaged and hostile input to what must survive it, each case made from a seed. The targets are the
files of lib/testing/fuzz/.

  npm run fuzz                           all of them, a minute in all
  npm run fuzz -- --seconds 3600 store   one of them, for an hour
  npm run fuzz -- store --seed 123       one case again

  --seconds N   the time for all targets together; default: 60
  --seed N      the first case; the next ones follow from N + 1 on if --seconds is given, too. Default: a random one

A case that throws, ends its process, or takes more than 10 s is told with its seed, and makes the command fail.`,
    options: { seconds: { type: "string" }, seed: { type: "string" } },
    allowPositionals: true,
  },

  bench: {
    needs: "all",
    usage: `Measures the chapter's nine experiments on MNIST alternately in the library and in NumPy, and the cost of a step, the
start and a long run.

  npm run bench                                  everything, three times: half an hour on two cores
  npm run bench -- --repeats 1 --only 6-9,step   a part of it, once

  --repeats N    measurements of each experiment, of which the median is reported; default: 3
  --pytorch PYTHON   a Python that has PyTorch, to measure large layers in it, too
  --only NAMES   of 6-9, 6-15, 6-18, 6-19, 6-20, 6-21, 6-23, 6-24, step, backends, threads, start, linear, memory

Nothing else should run on the machine meanwhile. A complete measurement is written to scripts/bench/results/.`,
    options: { repeats: { type: "string", default: "3" }, only: { type: "string" }, pytorch: { type: "string" } },
  },

  "bench:queue": {
    needs: "all",
    usage: `Measures the cost of the queue: the same runs in this machine's own processes, and through a Redis and one worker.

  npm run bench:queue
  npm run bench:queue -- --turns 5     the best of 5 turns each instead of 3`,
    options: { turns: { type: "string", default: "3" } },
  },

  "bench:saturation": {
    needs: "all",
    usage: `Measures how many workers one Redis can serve, with up to 1,000 simulated ones on this machine. The measurement is
written to scripts/bench/saturation.json and drawn in saturation.svg.

  npm run bench:saturation`,
  },

  worker: {
    needs: "lab",
    usage: `Takes training runs from a Redis and executes them here, until stopped.

  RUNS_REDIS_URL=redis://USER:PASSWORD@HOST:PORT npm run worker -- [--processes N] [--silence S]

  RUNS_REDIS_URL     where searches put their runs; rediss://… speaks TLS
                     (NODE_EXTRA_CA_CERTS=ca.pem for your own certificate authority)
  --processes N      runs side by side, each on one core; default: one per core
                     (here ${availableParallelism()}), or fewer where memory or a quota allow no more
  --silence S        seconds without a sign of life after which a worker's runs
                     are given to another, the same on all machines; default: 30

Ctrl-C finishes the current runs first; a second one leaves them to other workers.
A run is a description that is checked again here. Code is never taken from Redis.`,
    options: { processes: { type: "string" }, silence: { type: "string" } },
  },

  clean: {
    usage: `Removes what can be made again.

  npm run clean             pages, builds, and what executions and tests have left behind
  npm run clean -- --all    also the installed packages and libraries`,
    options: { all: { type: "boolean" } },
  },
};
