import assert from "node:assert/strict";
import { parseRunSpec, updatesOf, type RunSpec } from "../../experiments/spec";
import type { RandomStream } from "../../random";

const good: RunSpec = {
  data: { images: 500, validation: 100, shuffleSeed: 7 },
  network: { inputSize: 784, hiddenSizes: [100, 100], outputSize: 10, initialWeights: "he", weightDecay: 1e-6 },
  optimizer: { name: "Momentum", learningRate: 0.01, momentum: 0.9, schedule: { warmUp: 5 } },
  batchSize: 100,
  epochs: 5,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: 0,
};

/** What stands in the place of a part of a spec's JSON. */
const PIECES =
  '0|-1|1e999|1e-320|9007199254740993|null|true|""|"SGD"|[]|{}|[[[]]]|{"__proto__":{"seed":1}}|"\\u001b[2J"|,|:|"|}|]|\u0000|-'.split(
    "|",
  );

/** One spec's JSON with pieces replaced: it is refused by name if it is still JSON, or is one that can be run. */
export default function parseDamagedSpec(stream: RandomStream): void {
  let text = JSON.stringify(good);
  for (let changes = stream.integer(3) + 1; changes > 0; changes--) {
    const from = stream.integer(text.length);
    text = text.slice(0, from) + PIECES[stream.integer(PIECES.length)] + text.slice(from + stream.integer(12));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  try {
    const spec = parseRunSpec(value);
    assert.deepEqual(spec, value);
    assert.ok(updatesOf(spec) >= 1);
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    assert.match(error.message, /^spec:/);
    assert.doesNotMatch(error.message, /(?!\n)[\p{Cc}\p{Cf}]/u);
  }
  assert.equal(({} as { seed?: number }).seed, undefined);
}
