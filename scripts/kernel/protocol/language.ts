// Starts the process that knows TypeScript, and passes on what it is asked and what it answers.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, FromLanguage, Port, ProtocolData, Question, ToLanguage } from "../messages.js";
import { bundle, canMakeSnapshot, commandFor, isUsable, places, snapshot } from "../language/command.js";
import { complain } from "../terminal.js";

/** After this time the first cell has run, as a rule. */
const QUIET_MS = 1500;
/** How much is told of what the process has printed before its end. */
const LAST_WORDS = 1000;

/** The id of all questions whose answers are known. */
const PAST = 0;

interface Asked {
  question: Question;
  /** How many processes have ended since it was asked. */
  deaths: number;
  resolve: (answer: Answer) => void;
}

export class Language {
  /** What the process must know before it can answer: the notebook's folder, and the cells so far. */
  readonly #past: Question[];
  readonly #asked = new Map<number, Asked>();
  #onProblem: (text: string) => void;
  #process: ChildProcess;
  #count = 0;

  /**
   * @param globals the names that are global before the first cell
   * @param onProblem told once what is wrong with the folder's tsconfig.json
   */
  constructor(folder: string, globals: string[], onProblem: (text: string) => void) {
    this.#onProblem = onProblem;
    this.#past = [{ kind: "open", folder, globals }];
    const startsFromSnapshot = isUsable(snapshot);
    this.#process = this.#start(startsFromSnapshot);
    if (!startsFromSnapshot) setTimeout(makeSnapshot, QUIET_MS).unref();
  }

  /** Never fails: what is thrown is an answer, too. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      const id = ++this.#count;
      this.#asked.set(id, { question, deaths: 0, resolve });
      this.#send(id, question);
    });
  }

  /** Answers what the main thread asks. */
  serve({ compiling, waiting, awake }: Pick<ProtocolData, "compiling" | "waiting" | "awake">): void {
    const answerThrough = (port: Port<FromLanguage, ToLanguage>, tell: () => void) =>
      port.on("message", ({ id, question }) => {
        void this.ask(question).then((answer) => {
          port.postMessage({ id, ...answer });
          tell();
        });
      });
    answerThrough(compiling, () => {});
    answerThrough(waiting, () => {
      Atomics.add(awake, 0, 1);
      Atomics.notify(awake, 0);
    });
  }

  #send(id: number, question: Question): void {
    this.#process.send({ id, question } satisfies ToLanguage, () => {}); // should it have ended, #restart comes
  }

  #start(fromSnapshot: boolean): ChildProcess {
    const from = fromSnapshot ? ["--snapshot-blob", snapshot, "main"] : [bundle];
    const { command, parameters, environment } = commandFor([...from, ...places()]);
    const started = spawn(command, parameters, {
      env: environment,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
      windowsHide: true,
    });
    let lastWords = "";
    started.stderr?.on("data", (text: Buffer) => (lastWords = (lastWords + text.toString()).slice(-LAST_WORDS)));
    let missing = this.#past.length;
    started.on("message", ({ id, ...answer }: FromLanguage) => {
      if (id !== PAST) this.#onAnswer(id, answer);
      else if (missing-- === this.#past.length && "answer" in answer) this.#onOpen(answer.answer as string[]);
    });
    started.on("close", (code, signal) => {
      const why = `the process that knows TypeScript has ended (${signal ?? code})${lastWords && `:\n${lastWords}`}`;
      if (missing === 0) this.#giveUpOnKillers(why);
      else if (fromSnapshot)
        setTimeout(makeSnapshot, QUIET_MS).unref(); // made on another machine, for example
      else end(why);
      this.#process = this.#start(missing === 0 && fromSnapshot);
      for (const [id, { question }] of this.#asked) this.#send(id, question);
    });
    for (const question of this.#past) started.send({ id: PAST, question } satisfies ToLanguage, () => {});
    return started;
  }

  #onOpen(problems: string[]): void {
    for (const problem of problems) this.#onProblem(`tsconfig.json: ${problem}\n`);
    this.#onProblem = () => {};
  }

  #onAnswer(id: number, answer: Answer): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (asked && matters(asked.question, answer)) this.#past.push(asked.question);
    asked?.resolve(answer);
  }

  /** A question may have met a process that somebody has killed; but not twice. */
  #giveUpOnKillers(why: string): void {
    for (const [id, asked] of this.#asked) {
      if (++asked.deaths < 2) continue;
      this.#asked.delete(id);
      asked.resolve({ failure: why, message: why });
    }
  }
}

/** Whether the process of TypeScript must be told again, should it have to start anew. */
function matters({ kind }: Question, answer: Answer): boolean {
  if (kind === "failed") return true;
  return kind === "compile" && "answer" in answer && !("problems" in (answer.answer as object));
}

function end(why: string): never {
  complain(why);
  process.kill(process.pid, "SIGKILL");
  throw new Error("killed");
}

/** For the kernels to come. This one leaves it to a process that may outlive it. */
function makeSnapshot(): void {
  if (!canMakeSnapshot()) return;
  const script = fileURLToPath(new URL("../language/make-snapshot.js", import.meta.url));
  spawn(process.execPath, [script], { stdio: "ignore", detached: true, windowsHide: true })
    .on("error", () => {})
    .unref();
}
