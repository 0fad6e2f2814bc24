import { shown } from "../checked";
import { SETS, type History, type Measurement } from "../trainer";
import { evaluationsOf, imageCounts, updatesOf, type RunSpec } from "./spec";

type Accuracy = keyof typeof SETS;

/** The fields of a history, in their order. */
const FIELDS = ["iterations", "loss", ...Object.keys(SETS), "divergedAt"];

/**
 * Checks a history that was computed elsewhere (by another process or machine) before anyone sees or keeps it. The spec
 * determines nearly all of it: how many values there are and of which kind and, once it is known where the run diverged,
 * which of them are `null`. Left open is what only training can tell: the losses, and how many images were recognized.
 *
 * @returns a copy with its fields in the order of a history computed here, so that both give the same JSON.
 * @throws TypeError that names the field, and says what was expected and what was found.
 */
export function parseHistory(spec: RunSpec, value: unknown): History {
  const fields = fieldsOf(value);
  const divergedAt = parseDivergedAt(spec, fields);
  const iterations = divergedAt ?? updatesOf(spec);
  if (fields.iterations !== iterations) throw unexpected("iterations", String(iterations), fields.iterations);
  return {
    iterations,
    loss: parseLosses(spec, fields.loss, divergedAt),
    trainAccuracy: parseAccuracies(spec, "trainAccuracy", fields.trainAccuracy, divergedAt),
    validationAccuracy: parseAccuracies(spec, "validationAccuracy", fields.validationAccuracy, divergedAt),
    testAccuracy: parseAccuracies(spec, "testAccuracy", fields.testAccuracy, divergedAt),
    divergedAt,
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw unexpected("history", `an object with ${FIELDS.join(", ")}`, value);
  const missing = FIELDS.find((field) => !Object.hasOwn(value, field));
  if (missing) throw new TypeError(`${missing}: expected in a history, got none`);
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) throw unexpected("history", `no fields but ${FIELDS.join(", ")}`, unknown);
  return value;
}

/** Divergence shows in the loss after any update, but in the weights only where they are checked. */
function parseDivergedAt(spec: RunSpec, { divergedAt, loss }: Record<string, unknown>): number | null {
  if (divergedAt === null) return null;
  const updates = updatesOf(spec);
  if (!isNumber(divergedAt) || !Number.isInteger(divergedAt) || divergedAt < 1 || divergedAt > updates) {
    throw unexpected("divergedAt", `null or an update from 1 to ${updates}`, divergedAt);
  }
  const showsInLoss = Array.isArray(loss) && loss[divergedAt - 1] === null;
  if (!showsInLoss && !weightChecks(spec).includes(divergedAt)) {
    throw unexpected("divergedAt", "an update after which the loss is null, or weights are checked", divergedAt);
  }
  return divergedAt;
}

function parseLosses(spec: RunSpec, list: unknown, divergedAt: number | null): (number | null)[] {
  const firstNull = divergedAt ?? Infinity; // its own loss may still be finite, the later ones are not computed
  // The terms of weight decay are added up in float64.
  const isFloat32 = !spec.network.weightDecay;
  const isLoss = (value: unknown): value is number =>
    isNumber(value) && value < Infinity && !isNegative(value) && (!isFloat32 || Math.fround(value) === value);

  const length = spec.record.includes("loss") ? updatesOf(spec) : 0;
  return parseList("loss", list, length, "update", (value, index) => {
    const update = index + 1;
    if (value === null && update >= firstNull) return null;
    if (update <= firstNull && isLoss(value)) return value;
    const kind = isFloat32 ? "a float32 number from 0 on" : "a finite number from 0 on";
    throw unexpected(`loss[${index}]`, update > firstNull ? "null after divergence" : kind, value);
  });
}

function parseAccuracies(spec: RunSpec, what: Accuracy, list: unknown, divergedAt: number | null): (number | null)[] {
  const firstNull = divergedAt ?? Infinity;
  const points = evaluationPoints(spec);
  const images = imageCounts(spec.data)[SETS[what]];
  const isShare = (value: unknown): value is number =>
    isNumber(value) && value <= 1 && !isNegative(value) && Math.round(value * images) / images === value;

  const length = spec.record.includes(what) ? points.length : 0;
  return parseList(what, list, length, "evaluation", (value, index) => {
    const isNull = points[index] >= firstNull;
    if (isNull && value === null) return null;
    if (!isNull && isShare(value)) return value;
    throw unexpected(`${what}[${index}]`, isNull ? "null from divergence on" : `a share of ${images} images`, value);
  });
}

/** @throws TypeError unless it is an array of as many values, each of which `parse` takes. */
function parseList<T>(
  field: Measurement,
  list: unknown,
  length: number,
  occasion: string,
  parse: (value: unknown, index: number) => T,
): T[] {
  if (Array.isArray(list) && list.length === length) return Array.from(list, parse);
  const expected = length === 0 ? "no values, as it is not recorded" : `${length} values, one for each ${occasion}`;
  throw unexpected(field, expected, Array.isArray(list) ? list.length : list);
}

/** The updates, counted from 1, after which accuracies are taken: evenly spaced, up to the last one. */
function evaluationPoints(spec: RunSpec): number[] {
  const [count, updates] = [evaluationsOf(spec), updatesOf(spec)];
  if (count === 1) return [updates];
  return Array.from({ length: count }, (_, i) => 1 + (i * (updates - 1)) / (count - 1));
}

/** The updates after which weights are checked: with every accuracy, and at epoch points also without. */
function weightChecks(spec: RunSpec): number[] {
  const isEvaluated = spec.epochs !== undefined || spec.record.some((what) => what !== "loss");
  return isEvaluated ? evaluationPoints(spec) : [];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumber = (value: unknown): value is number => typeof value === "number" && !Number.isNaN(value);

/** Whether it is below 0, or −0, of which JSON would make 0. */
const isNegative = (value: number) => !Object.is(value, Math.abs(value));

function unexpected(field: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${field}: expected ${expected}, got ${shown(found)}`);
}
