/**
 * Exercises that answer back.
 */
import { display } from "../notebook/kernel";
import { exercises } from "./exercises";
import { verdict, type Finding } from "./finding";

type Exercises = typeof exercises;

/**
 * Says of an answer to an exercise what is right, what is off and by how much, and what is still to be answered.
 *
 * ```ts
 * check("6.1-2", { smallest: 0, largest: 1 });
 * ```
 *
 * @param id the section and the number of the exercise
 * @param answer what the exercise asks for, by name; whatever is left `undefined` counts as not answered yet
 * @throws RangeError if there is no such exercise
 */
export function check<Id extends keyof Exercises>(id: Id, answer: Parameters<Exercises[Id]>[0]): void {
  if (!Object.hasOwn(exercises, id)) {
    throw new RangeError(`check: there is no exercise "${id}"; there are ${Object.keys(exercises).join(", ")}`);
  }
  display(verdict(id, (exercises[id] as (answer: object) => Finding[])(answer)));
}
