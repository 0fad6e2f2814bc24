import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { loadLibrary } from "../library.js";

/** What came of the cases of one target. */
export interface Outcome {
  cases: number;
  failures: { seed: number; what: string }[];
}

interface Options {
  /** The first case's; the next ones have the next ones. */
  seed: number;
  /** No case begins after these; one is run in any case. */
  seconds: number;
  onCase: (cases: number) => void;
}

/** To load TensorFlow, perhaps on a busy machine. */
const START_LIMIT_MS = 60_000;
const CASE_LIMIT_MS = 10_000;

/** Some show what is wrong; more would hide it. */
const MOST_FAILURES = 3;

/** Runs a target's cases in a process of their own, in a new one after each that fails. */
export async function fuzzTarget(file: string, { seed, seconds, onCase }: Options): Promise<Outcome> {
  const outcome: Outcome = { cases: 0, failures: [] };
  const end = performance.now() + 1000 * seconds;
  // Processes that are killed leave files behind.
  const temporary = mkdtempSync(join(tmpdir(), "fuzz-"));
  const hasTime = () => outcome.cases === 0 || performance.now() < end;
  try {
    while (hasTime() && outcome.failures.length < MOST_FAILURES) {
      const cases = new Cases(file, temporary);
      let what = await cases.answer(START_LIMIT_MS);
      while (what === null && hasTime()) {
        what = await cases.run(seed + outcome.cases++);
        onCase(outcome.cases);
      }
      await cases.end();
      if (what === null) break;
      // A target that cannot be loaded fails before its first case.
      outcome.failures.push({ seed: seed + Math.max(outcome.cases - 1, 0), what });
      if (outcome.cases === 0) break;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return outcome;
}

/** A process that runs the cases of a target. */
class Cases {
  private readonly child: ChildProcess;
  /** The end of what it has printed about errors. */
  private printed = "";

  constructor(file: string, temporary: string) {
    this.child = fork(new URL("cases.js", import.meta.url), [file], {
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary }, // the one on Unix, the other on Windows
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child.stderr!.on("data", (text: Buffer) => (this.printed = (this.printed + text).slice(-2000)));
  }

  /** What is wrong with the case of this seed, or `null`. */
  run(seed: number): Promise<string | null> {
    this.child.send(seed);
    return this.answer(CASE_LIMIT_MS);
  }

  /** What the process says next is wrong, or `null`; it may also end, or say nothing. */
  async answer(limitMs: number): Promise<string | null> {
    const answered = new AbortController();
    const { signal } = answered;
    const { printable } = loadLibrary("printable");
    try {
      return await Promise.race([
        once(this.child, "message", { signal }).then(([what]) => what as string | null),
        once(this.child, "close", { signal }).then(
          ([code, by]) => `its process ended with ${by ?? `exit code ${code}`}\n${printable(this.printed, 2000)}`,
        ),
        delay(limitMs, `it has not ended after ${limitMs / 1000} s`, { signal }),
      ]);
    } finally {
      answered.abort();
    }
  }

  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
