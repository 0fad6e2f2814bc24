import assert from "node:assert/strict";
import test from "node:test";
import * as rules from "../../optimizers";
import { children } from "../../testing/children";
import { computedUpdates } from "../../testing/computed-updates";
import { run } from "../run";
import { parseRunSpec, updatesOf, type RunSpec } from "../spec";
import { ProcessPool } from "./pool";

const spec: Partial<RunSpec> & Pick<RunSpec, "network"> = {
  data: { images: 200, validation: 50 },
  network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, dropoutRate: 0.2, batchNormalization: "before" },
  optimizer: { name: "Adam", learningRate: 0.01 },
  batchSize: 50,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 1,
};
const inEpochs = (epochs: number): Partial<RunSpec> => ({ epochs });
const inUpdates = (iterations: number): Partial<RunSpec> => ({ iterations, record: ["loss"] });

const kinds: [name: string, change: Partial<RunSpec>, lengths: Partial<RunSpec>[]][] = [
  ...(Object.keys(rules) as (keyof typeof rules)[]).map((name): [string, Partial<RunSpec>, Partial<RunSpec>[]] => [
    name,
    { optimizer: { name, learningRate: 0.01 } },
    [1, 3, 4, 8].map(inEpochs),
  ]),
  ["counted in updates", {}, [1, 7, 8, 19].map(inUpdates)],
  ["with one update an epoch", { batchSize: 150 }, [2, 3, 9].map(inEpochs)],
  [
    "that diverges while it goes on",
    {
      optimizer: { name: "SGD", learningRate: 1.7 },
      network: { inputSize: 784, hiddenSizes: [20], outputSize: 10, weightDecay: 1 },
    },
    [3, 20].map(inEpochs),
  ],
  ["that has diverged before", { optimizer: { name: "SGD", learningRate: 1e20 } }, [3, 6].map(inEpochs)],
  ["that is divided", { network: { ...spec.network, hiddenSizes: [50] } }, [31, 80].map(inEpochs)],
];
for (const [name, change, lengths] of kinds) {
  test(`a longer run goes on from a shorter one, with the history of the whole run: one ${name}`, async (t) => {
    const computed = computedUpdates(t);
    const pool = new ProcessPool(2);
    t.after(() => pool.close());
    for (const length of lengths) {
      const longer = parseRunSpec({ ...spec, ...change, ...length });
      const last: [number, number][] = [];
      const onProgress = (...progress: [number, number]) => last.splice(0, 1, progress);
      assert.deepEqual(await pool.run(longer, { mayContinue: true, onProgress }), await run(longer));
      assert.equal(computed(), updatesOf(longer), "no update is made twice");
      assert.deepEqual(last, [[updatesOf(longer), updatesOf(longer)]]);
    }
    // The longest once more, and one that is shorter than what is kept.
    const [longest, shortest] = [lengths.at(-1), lengths[0]].map((length) =>
      parseRunSpec({ ...spec, ...change, ...length }),
    );
    const before = computed();
    assert.deepEqual(await pool.run(longest), await run(longest));
    assert.equal(computed(), before);
    assert.deepEqual(await pool.run(shortest), await run(shortest));
    assert.equal(computed(), before + updatesOf(shortest));
  });
}

test("only a run that may be continued is, and only by the same run", async (t) => {
  const computed = computedUpdates(t);
  const pool = new ProcessPool(2);
  t.after(() => pool.close());
  const [short, long] = [3, 6].map((epochs) => parseRunSpec({ ...spec, epochs }));
  await pool.run(short);
  await pool.run(long);
  assert.equal(computed(), updatesOf(short) + updatesOf(long));

  await pool.run(short, { mayContinue: true });
  for (const change of [{ seed: 2 }, { epochs: undefined, ...inUpdates(30) }, { batchSize: 25 }]) {
    const other = parseRunSpec({ ...long, ...change });
    const before = computed();
    assert.deepEqual(await pool.run(other), await run(other));
    assert.equal(computed() - before, updatesOf(other));
  }
});

test("runs whose processes are killed begin again with fewer beside them, to the same histories", async (t) => {
  const told: string[] = [];
  t.mock.method(console, "log", (line: string) => told.push(line));
  const pool = new ProcessPool(3);
  t.after(() => pool.close());
  const specs = [1, 2, 3, 4].map((seed) => parseRunSpec({ ...spec, ...inEpochs(200), seed }));
  const killed = new Map<number, number>(); // processes by runs
  const histories = await Promise.all(
    specs.map((each, i) =>
      pool.run(each, {
        onProgress() {
          // Two processes, while all of them compute.
          if (i > 1 || killed.has(i)) return;
          const pid = children().find((pid) => ![...killed.values()].includes(pid))!;
          killed.set(i, pid);
          process.kill(pid, "SIGKILL");
        },
      }),
    ),
  );
  assert.deepEqual(histories, await Promise.all(specs.map((each) => run(each))));
  const left = told.map((line) => Number(/^A run's process was killed, .* with (\d) at a time\.$/.exec(line)?.[1]));
  // One that is killed when it has nothing to do is replaced without a word.
  assert.ok(killed.size === 2 && left[0] <= 2 && (left.length === 1 || left[1] === 1), told.join("\n"));
});
