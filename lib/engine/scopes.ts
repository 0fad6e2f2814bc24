import { tf } from "./backend";

/** What tfjs keeps of the scopes and gradients that it is in. */
interface EngineState {
  scopeStack: unknown[];
  gradientDepth: number;
  kernelDepth: number;
  /** What `tf.grad` has recorded so far, with the tensors that it keeps for the way back. */
  activeTape: { saved: tf.Tensor[] }[] | null;
}

/**
 * Ends the scopes of `tf.tidy` and `tf.grad` that an interrupt has cut off in the middle, without their `finally`: their
 * tensors would stay for ever, and so would all that is computed in them from then on. Only for when nothing is running.
 */
export function endOpenScopes(): void {
  const engine = tf.engine();
  const state = engine.state as unknown as EngineState;
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  while (state.scopeStack.length > 0) engine.endScope();
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0, activeTape: null });
}
