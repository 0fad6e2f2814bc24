/**
 * What is right in each exercise: a function that takes an answer and says what it finds. What is right is computed
 * here, another way than in the notebook where there is one, never written down.
 */
import { section61 } from "./section-6.1";
import { section62 } from "./section-6.2";
import { section63 } from "./section-6.3";
import { section64 } from "./section-6.4";
import { section65 } from "./section-6.5";

export const exercises = {
  ...section61,
  ...section62,
  ...section63,
  ...section64,
  ...section65,
};
