// npm run worker: takes training runs from a Redis and executes them on this machine.
import { CommandError } from "#setup/command-line.mjs";
import { loadLibrary } from "./library.js";
import { wholeNumber } from "./whole-number.js";

export default async function worker(values: { processes?: string; silence?: string }): Promise<void> {
  const processes = values.processes === undefined ? undefined : wholeNumber("processes", values.processes);
  const silence = values.silence === undefined ? undefined : 1000 * wholeNumber("silence", values.silence);
  const url = process.env.RUNS_REDIS_URL;
  if (!url) throw new CommandError("RUNS_REDIS_URL is not set", { showUsage: true });

  const { serveRuns } = loadLibrary("experiments/remote/serve");
  const serving = await serveRuns(url, { processes, silence }).catch((error: Error) => {
    throw new CommandError(error.message, { showUsage: true });
  });

  console.log(`Executing up to ${serving.concurrency} runs at a time.`);
  serving.on("completed", (job) =>
    console.log(`${job.id?.slice(0, 12)} done in ${(Date.now() - (job.processedOn ?? 0)) / 1000} s`),
  );
  serving.on("failed", (job, error) => console.warn(`${job?.id?.slice(0, 12)} failed: ${error.message}`));

  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      console.log("Finishing the current runs; press Ctrl-C again to leave them to other workers.");
      void serving.close();
    });
}
