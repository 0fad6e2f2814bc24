import { tf } from "./backend";

/** Variables as plain numbers, by name, from which another process can go on, identical to the last bit. */
export type Snapshot = Record<string, { shape: number[]; values: Float32Array }>;

export function snapshot(variables: Record<string, tf.Variable>): Snapshot {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      { shape: variable.shape, values: variable.dataSync<"float32">() },
    ]),
  );
}

/** Gives each variable the values saved under its name. */
export function restore(variables: Record<string, tf.Variable>, kept: Snapshot): void {
  tf.tidy(() => {
    for (const [name, { shape, values }] of Object.entries(kept)) variables[name].assign(tf.tensor(values, shape));
  });
}
