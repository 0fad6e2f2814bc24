import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { serveRuns } from "../experiments/remote/serve";
import type { RunSpec } from "../experiments/spec";

// A worker is this file again, in a process that can be killed: it says when it is ready, and each run that it begins.
if (require.main === module) {
  void serveRuns(process.argv[2], { processes: 1, silence: 2000 }).then(({ worker }) => {
    worker.on("active", () => process.send?.("active"));
    process.send!("ready");
    process.once("disconnect", () => process.exit());
  });
}

/** A worker of one run at a time, in its own process; ended with the test. */
export async function startWorker(t: TestContext, url: string): Promise<ChildProcess> {
  const child = fork(__filename, [url], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  t.after(() => kill(child));
  await once(child, "message");
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** The chapter's search on a small scale: `epochs` decides how long a run takes. */
export const trial = (index: number, epochs = 5): RunSpec => ({
  data: { images: 500, validation: 100, shuffleSeed: 0 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100, 100, 100, 100, 100],
    outputSize: 10,
    weightDecay: 1e-8 * 10 ** (index % 5),
  },
  optimizer: { name: "SGD", learningRate: 10 ** (-2 - (index % 40) / 10) },
  batchSize: 100,
  epochs,
  record: ["loss", "validationAccuracy"],
  seed: index,
});

export const trials = (count: number, epochs?: number): RunSpec[] =>
  Array.from({ length: count }, (_, index) => trial(index, epochs));
