import { z } from "zod";
import { count, namesIn } from "../checked";

/** How the learning rate rises and falls as training goes on: as data, so that a run's spec can have it. */
export type LearningRateSchedule = WarmUp | (WarmUp & Decay);

interface WarmUp {
  /** Updates over which the rate rises in equal steps to the rule's own; none if not given. */
  warmUp?: number;
}

interface Decay {
  /** How the rate falls after the warm-up. */
  decay: keyof typeof decays;
  /** The updates, those of the warm-up included, after which it has fallen to 0. */
  updates: number;
}

/**
 * What is left of the learning rate, by the share of the decay that is over, from 0 to 1.
 *
 * `cosine`: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, equation 5, without the
 * restarts. https://arxiv.org/abs/1608.03983
 */
const decays = {
  linear: (share: number) => 1 - share,
  cosine: (share: number) => (1 + Math.cos(Math.PI * share)) / 2,
};

export const learningRateSchedule = z
  .strictObject({
    warmUp: count().optional(),
    decay: namesIn(decays).optional(),
    updates: count().optional(),
  })
  .refine(({ decay, updates }) => (decay === undefined) === (updates === undefined), {
    path: ["updates"],
    message: "give a decay and the updates after which it has ended, or neither",
  })
  .refine(({ warmUp = 0, updates = Infinity }) => warmUp < updates, {
    path: ["warmUp"],
    message: "must end before the decay does",
  });

/**
 * What the learning rate is multiplied by at update `t`, counted from 1.
 *
 * The warm-up: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017, section 2.2.
 * https://arxiv.org/abs/1706.02677
 */
export function factorAt(schedule: LearningRateSchedule, t: number): number {
  const { warmUp = 0 } = schedule;
  if (t <= warmUp) return t / warmUp;
  if (!("decay" in schedule)) return 1;
  const share = (t - 1 - warmUp) / (schedule.updates - warmUp);
  return decays[schedule.decay](Math.min(share, 1));
}

/** The same rise and fall over another number of updates, which `length` makes of each of its numbers. */
export function stretched(schedule: LearningRateSchedule, length: (updates: number) => number): LearningRateSchedule {
  const { warmUp } = schedule;
  const rise = warmUp === undefined ? {} : { warmUp: length(warmUp) };
  return "decay" in schedule ? { ...rise, decay: schedule.decay, updates: length(schedule.updates) } : rise;
}
