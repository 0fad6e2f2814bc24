import { tf } from "./backend";

/** Variables as plain numbers, by name: what another process can go on with, to the last bit. */
export type Values = Record<string, { shape: number[]; values: Float32Array }>;

export function valuesOf(variables: Record<string, tf.Variable>): Values {
  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => [
      name,
      { shape: variable.shape, values: variable.dataSync<"float32">() },
    ]),
  );
}

/** Gives each variable the values that are kept under its name. */
export function assignValues(variables: Record<string, tf.Variable>, kept: Values): void {
  tf.tidy(() => {
    for (const [name, { shape, values }] of Object.entries(kept)) variables[name].assign(tf.tensor(values, shape));
  });
}
