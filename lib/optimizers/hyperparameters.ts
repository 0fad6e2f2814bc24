import { z } from "zod";
import { notNegative, share } from "../checked";
import { learningRateSchedule } from "./schedule";

/** What the hyperparameters of update rules may be. A name means the same in each rule that has it. */
export const hyperparameters = {
  learningRate: notNegative, // 0 at the end of a decay, where it is set by hand
  momentum: share.optional(),
  decayRate: share.optional(),
  beta1: share.optional(),
  beta2: share.optional(),
  weightDecay: notNegative.optional(),
  schedule: learningRateSchedule.optional(),
};

/** Those of a rule, among its other properties. */
export const hyperparametersOf = z.object(hyperparameters);
