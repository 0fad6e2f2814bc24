import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { native, tf } from "./backend";
import type { Freshness } from "./freshness";
import type { GraphDefinition } from "./graph-definition";

type Tensor = tf.Tensor;

/** An input of a graph, and where it comes from when the graph runs. */
export interface Input {
  name: string;
  source: (args: Tensor[]) => Tensor;
  /** Identifies the source: an argument's number, the function that makes it at each call, a tensor, or a number. */
  origin: unknown;
  /** Made again for each call. */
  fed: boolean;
  /** Whether what is made differs, if that is not known from tests. */
  freshness?: Freshness;
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** A variable that a step changes, and the names of its value before (if the step reads it) and after. */
interface Assigned {
  variable: tf.Variable;
  before?: string;
  after: string;
}

/** A recorded step: the graph, where its inputs come from and which variables it changes. */
export class Recording {
  /** Equal keys mean equal graphs, in any number of repetitions. */
  readonly key: string;
  /** From the name of a variable's value before a call to that of the same value after the previous call. */
  private readonly carried: ReadonlyMap<string, string>;
  private readonly plans = new Map<number, Plan>();

  constructor(
    private readonly graph: GraphDefinition,
    private readonly inputs: Input[],
    private readonly returned: string[],
    private readonly assigned: Assigned[],
    private readonly kept: Tensor[],
    readonly refusal?: string,
  ) {
    this.carried = new Map(assigned.flatMap(({ before, after }) => (before ? [[before, after]] : [])));
    const fed = inputs.filter((input) => input.fed).map(({ name }) => name);
    this.key = [graph.key, ...fed, ...this.carried].join(" ");
  }

  /** How this call of a step differs from another; nothing if they are the same function. */
  differenceTo(other: Recording): string | undefined {
    const [here, there] = [this, other].map(({ inputs }) => inputs.map(({ origin }) => origin).filter(isNumber));
    const number = here.find((number) => !there.includes(number));
    if (number !== undefined)
      return `computes the number ${Number(number.toPrecision(7))} in JavaScript, which it did not before`;
    const changes = ({ returned, assigned }: Recording) =>
      JSON.stringify([returned, assigned.map(({ before, after }) => [before, after])]);
    if (this.graph.key !== other.graph.key || changes(this) !== changes(other))
      return "calls other operations, or makes other constants, than before";
    if (this.inputs.some(({ origin }, i) => origin !== other.inputs[i].origin))
      return "works on another tensor than before";
    return undefined;
  }

  /** Whether a tensor that should be made again for each call was the same in all calls of this graph, and is another now. */
  isStaleBeside(next: Recording): boolean {
    return this.inputs.some(({ freshness }, i) => {
      const other = next.inputs.at(i)?.freshness;
      return freshness !== undefined && other !== undefined && freshness.isStaleBeside(other);
    });
  }

  /** Whether a tensor that the step works on, other than its arguments, has been disposed. */
  get hasLostInput(): boolean {
    return this.inputs.some(({ origin }) => origin instanceof tf.Tensor && origin.isDisposed);
  }

  /** Whether `count` consecutive calls are already loaded. */
  isLoaded(count: number): boolean {
    return sessions.has(this.plan(count).key);
  }

  run(args: Tensor[], count: number): Tensor[][] {
    const { key, inputs, inputNames, outputNames } = this.plan(count);
    const open = session(key, () => this.graph.repeat(count, this.carried).serialize());
    const outputs = native!.runSavedModel(
      open,
      inputs.map(({ source, freshness }) => {
        const tensor = source(args);
        freshness?.note(tensor);
        return tensor;
      }),
      inputNames,
      outputNames,
    );
    const { length } = this.returned;
    this.assigned.forEach(({ variable }, i) => variable.assign(outputs[count * length + i]));
    return Array.from({ length: count }, (_, call) => outputs.slice(call * length, (call + 1) * length));
  }

  private plan(count: number): Plan {
    let plan = this.plans.get(count);
    if (!plan) {
      const calls = Array.from({ length: count }, (_, call) => call);
      const nameIn = (call: number, name: string) => this.graph.nameIn(call, name, this.carried);
      const inputs = calls.flatMap((call) =>
        this.inputs
          .filter(({ fed }) => fed || call === 0)
          .map((input) => ({ ...input, name: nameIn(call, input.name) })),
      );
      plan = {
        key: `${count} × ${this.key}`,
        inputs,
        inputNames: inputs.map(({ name }) => ({ name: `${name}:0` })),
        outputNames: [
          ...calls.flatMap((call) => this.returned.map((name) => nameIn(call, name))),
          ...this.assigned.map(({ after }) => nameIn(count - 1, after)),
        ],
      };
      this.plans.set(count, plan);
    }
    return plan;
  }

  dispose(): void {
    for (const tensor of this.kept) tensor.dispose();
  }
}

/** Inputs and outputs of a number of consecutive calls: the results of each, and finally the variables. */
interface Plan {
  key: string;
  inputs: Input[];
  inputNames: { name: string }[];
  outputNames: string[];
}

/**
 * TensorFlow's sessions by their graph; equal graphs share one. The 32 used last stay: making one takes 10 to 20 ms for
 * each call of the step that it holds.
 */
const sessions = new LRUCache<string, number>({ max: 32, dispose: (session) => native!.deleteSavedModel(session) });

function session(key: string, graph: () => Buffer): number {
  const open = sessions.get(key) ?? load(graph());
  if (!sessions.has(key)) sessions.set(key, open);
  return open;
}

/** tfjs-node's only way to load a graph reads it from a directory. */
function load(graph: Buffer): number {
  const directory = mkdtempSync(join(tmpdir(), "graph-"));
  try {
    mkdirSync(join(directory, "variables"));
    writeFileSync(join(directory, "saved_model.pb"), graph);
    return native!.loadSavedModelMetaGraph(directory, "serve");
  } finally {
    rmSync(directory, { recursive: true });
  }
}
