/**
 * Watches the heap that the cells fill. Where it is full, V8 ends the whole process, with all that the cells have made;
 * so the cell is ended before. What allocates gigabytes in one step is not caught here, but see last-words.ts.
 */
import { Session } from "node:inspector";
import { COLLECT_GARBAGE, type Frame } from "../messages.js";
import { type Pause, pauseExecution } from "./pause.js";

const POLL_MS = 50;
/** A loop pauses within this time, if V8 is not in the middle of collecting garbage. */
const PAUSE_MS = 3000;
/** How much of the limit the process may take, or the heap may hold, before anybody looks closer. */
const SUSPICIOUS = 0.6;
const FULL = 0.85;
/** A cell that comes when the heap is full already may take so much more: it may be there to empty it. */
const MORE = 0.05;

const ADVICE =
  "Let go of what you no longer need (big = undefined), or start Jupyter with more: NODE_OPTIONS=--max-old-space-size=8192.";

/**
 * @param limit of the main thread's heap without its young generation, in bytes
 * @param end ends the cell that runs, and says why and where
 */
export function watchHeap(limit: number, end: (reason: string, frames: Frame[]) => void): void {
  let session: Session | undefined;
  let endedAt = 0;

  async function look(): Promise<void> {
    if (process.memoryUsage.rss() < SUSPICIOUS * limit) {
      session?.disconnect();
      session = undefined;
      endedAt = 0;
      return;
    }
    session ??= connect();
    // Collected again and again, a heap that stays nearly full makes V8 give up: only when more has come.
    const full = Math.max(FULL * limit, endedAt + MORE * limit);
    if ((await usedBy(session)) < full) return;
    // Not only garbage? While that is found out, nothing may be added.
    const pause = await pauseFor(PAUSE_MS);
    const asked = pause?.session ?? session;
    await collectGarbage(asked);
    const used = await usedBy(asked);
    if (used < full) {
      pause?.resume();
      return;
    }
    endedAt = used;
    pause?.terminate();
    end(`the heap is full (${inMegabytes(used)} of ${inMegabytes(limit)} MB). ${ADVICE}`, pause?.frames ?? []);
  }

  const lookAgain = () => setTimeout(() => void look().finally(lookAgain), POLL_MS).unref();
  lookAgain();
}

function connect(): Session {
  const session = new Session();
  session.connectToMainThread();
  return session;
}

/** Stops the main thread; undefined if it runs no JavaScript. */
function pauseFor(time: number): Promise<Pause | undefined> {
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => {
      cancel();
      resolve(undefined);
    }, time);
    const cancel = pauseExecution((pause) => {
      clearTimeout(giveUp);
      resolve(pause);
    });
  });
}

function usedBy(session: Session): Promise<number> {
  return new Promise((resolve) =>
    session.post("Runtime.getHeapUsage", (error, usage) =>
      resolve(error ? 0 : (usage as { usedSize: number }).usedSize),
    ),
  );
}

/** What the inspector has for it waits until the main thread is free. */
function collectGarbage(session: Session): Promise<void> {
  const expression = `globalThis[Symbol.for(${JSON.stringify(COLLECT_GARBAGE)})]()`;
  return new Promise((resolve) => session.post("Runtime.evaluate", { expression }, () => resolve()));
}

const inMegabytes = (bytes: number) => Math.round(bytes / 2 ** 20).toLocaleString("en");
