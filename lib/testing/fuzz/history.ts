import assert from "node:assert/strict";
import { parseHistory } from "../../experiments/history";
import { evaluationsOf, imageCounts, parseRunSpec, updatesOf, type RunSpec } from "../../experiments/spec";
import type { RandomStream } from "../../random";
import { SETS, type History, type Measurement } from "../../trainer";

/**
 * A history that a run may have, or one that was changed, arrives as JSON: it comes out as it was, or is refused with the
 * name of one of its fields.
 */
export default function fuzzHistory(stream: RandomStream): void {
  const spec = someSpec(stream);
  const history = someHistory(spec, stream);
  assert.deepEqual(parseHistory(spec, arrived(history)), history);

  const changed = history as unknown as Record<string, unknown>;
  for (let changes = 1 + stream.integer(3); changes > 0; changes--) change(changed, stream);
  const value = arrived(changed);
  const copy = structuredClone(value);
  try {
    assert.deepEqual(parseHistory(spec, value), copy);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    assert.match(error.message, /^(history|iterations|divergedAt|(loss|\w+Accuracy)(\[\d+\])?): expected .+, got .+$/s);
    assert.ok(error.message.length < 500, "the message is as long as what was refused");
  }
  assert.deepEqual(value, copy);
}

const arrived = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function pick<T>(choices: readonly T[], stream: RandomStream): T {
  return choices[stream.integer(choices.length)];
}

function someSpec(stream: RandomStream): RunSpec {
  const validation = 1 + stream.integer(50);
  const evaluateEvery = 1 + stream.integer(4);
  const measurements: Measurement[] = ["loss", "trainAccuracy", "validationAccuracy", "testAccuracy"];
  const length = pick(
    [
      { iterations: 1 + stream.integer(30) },
      { epochs: 1 + stream.integer(6) },
      { epochs: 1 + evaluateEvery * stream.integer(5), evaluateEvery },
    ],
    stream,
  );
  return parseRunSpec({
    data: { images: validation + 1 + stream.integer(60), validation },
    network: { inputSize: 784, hiddenSizes: [10], outputSize: 10, weightDecay: pick([0, 0.1], stream) },
    optimizer: { name: "SGD", learningRate: 0.1 },
    batchSize: 1 + stream.integer(30),
    ...length,
    record: measurements.filter(() => stream.integer(2) === 1),
    seed: stream.integer(10),
  });
}

/** What training might record, without training. */
function someHistory(spec: RunSpec, stream: RandomStream): History {
  const { record, network, data } = spec;
  const [updates, evaluations] = [updatesOf(spec), evaluationsOf(spec)];
  const recordsLoss = record.includes("loss");
  // Without losses only the weights would show divergence, where they are checked: at the last update in any case.
  const canDiverge = recordsLoss || spec.epochs !== undefined || record.length > 0;
  const divergedAt =
    canDiverge && stream.integer(2) === 1 ? (recordsLoss ? 1 + stream.integer(updates) : updates) : null;
  const isAfter = (update: number) => divergedAt !== null && update >= divergedAt;

  const loss = () => (network.weightDecay ? stream.uniform() * 10 : Math.fround(stream.uniform() * 10));
  const every = evaluations === 1 ? 0 : (updates - 1) / (evaluations - 1);
  const accuracies = (what: keyof typeof SETS) => {
    const images = imageCounts(data)[SETS[what]];
    return Array.from({ length: record.includes(what) ? evaluations : 0 }, (_, i) =>
      isAfter(every === 0 ? updates : 1 + i * every) ? null : stream.integer(images + 1) / images,
    );
  };
  return {
    iterations: divergedAt ?? updates,
    loss: Array.from({ length: recordsLoss ? updates : 0 }, (_, i) => (isAfter(i + 1) ? null : loss())),
    trainAccuracy: accuracies("trainAccuracy"),
    validationAccuracy: accuracies("validationAccuracy"),
    testAccuracy: accuracies("testAccuracy"),
    divergedAt,
  };
}

/** Changes a history in place, in one of the ways in which a message may be wrong. */
function change(history: Record<string, unknown>, stream: RandomStream): void {
  const junk = [null, 0, 1, -1, 0.5, 1e9, Infinity, 1e-320, "", "0.99", "\x1b[2J".repeat(1000), true, [], [[1]], {}];
  const plain = { enumerable: true, writable: true, configurable: true };
  const names = ["__proto__", "constructor", "toString", "length", "\x1b[2J"];
  const field = pick(Object.keys(history), stream);
  const list = history[field];
  const ways = [
    () => (history[field] = pick(junk, stream)),
    () => delete history[field],
    () => Object.defineProperty(history, pick(names, stream), { value: pick(junk, stream), ...plain }),
    () => (history[field] = { ...(list as object) }),
  ];
  if (Array.isArray(list)) {
    const at = stream.integer(list.length + 1);
    ways.push(
      () => list.splice(at, 1),
      () => list.splice(at, 0, pick(junk, stream)),
      () => (list[at] = pick(junk, stream)),
      () => list.reverse(),
    );
  }
  pick(ways, stream)();
}
