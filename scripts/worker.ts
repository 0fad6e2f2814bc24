// npm run worker: takes training runs from a Redis and executes them on this machine.
import { CommandError } from "#setup/command-line.mjs";
import { loadLibrary } from "./library.js";
import { wholeNumber } from "./whole-number.js";

export default async function serve(values: { processes?: string; silence?: string }): Promise<void> {
  const processes = values.processes === undefined ? undefined : wholeNumber("processes", values.processes);
  const silence = values.silence === undefined ? undefined : 1000 * wholeNumber("silence", values.silence);
  const url = process.env.RUNS_REDIS_URL;
  if (!url) throw new CommandError("RUNS_REDIS_URL is not set", { showUsage: true });

  const { serveRuns } = loadLibrary("experiments/remote/serve");
  const { slowness } = loadLibrary("engine/backend/index");
  const slow = slowness();
  if (slow) console.warn(slow);
  const { printable, printableName } = loadLibrary("printable");
  const { worker, close } = await serveRuns(url, { processes, silence }).catch((error: Error) => {
    throw new CommandError(error.message, { showUsage: true });
  });

  const nameOf = (job?: { id?: string }) => printableName(String(job?.id).slice(0, 12));
  worker.on("completed", (job) =>
    console.log(`${nameOf(job)} done in ${(Date.now() - (job.processedOn ?? 0)) / 1000} s`),
  );
  worker.on("failed", (job, error) => console.warn(`${nameOf(job)} failed: ${printable(error.message)}`));

  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      console.log("Finishing the current runs; press Ctrl-C again to leave them to other workers.");
      void close().then(() => process.exit());
    });
  console.log(`Executing up to ${worker.concurrency} runs at a time.`);
}
