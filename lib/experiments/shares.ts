import type { History, Share } from "../trainer";
import { updatesOf, type RunSpec } from "./spec";

/**
 * More would gain little: each process of a shared run trains the network from its first update on, and only what is
 * measured on the way is divided.
 */
const MOST_SHARES = 4;

/** What an update takes, for the same number of multiplications, compared with a measurement: its matrices are smaller, its operations more. */
const UPDATE = 1.5;

/** Multiplications that take as long as to draw whether Dropout leaves a unit out. */
const DRAW = 500;

/**
 * How one run is divided among so many processes. Each trains up to the end of its share and measures only there, so
 * the first ones stop early and the last measures least; shares are such that all end at about the same time.
 */
export function sharesOf(spec: RunSpec, processes: number): Share[] {
  const updates = updatesOf(spec);
  const measuring = measurementShare(spec);
  const count = measuring > 0 ? Math.min(processes, MOST_SHARES) : 1;
  // With ends eᵢ in units of all updates, eᵢ · training + (eᵢ − eᵢ₋₁) · measuring is the same for all shares.
  const ends = Array.from({ length: count + 1 }, (_, i) => Math.round((updates * (1 - measuring ** i)) / (1 - measuring ** count)));
  return ends.slice(1).flatMap((to, i) => (to > ends[i] ? [{ from: ends[i], to }] : []));
}

/** The part of a run's time that goes into what it records, 0 … 1, judged by the images that pass through the network. */
function measurementShare(spec: RunSpec): number {
  const { data, network, batchSize, epochs = 0, record } = spec;
  const sizes = [network.inputSize, ...network.hiddenSizes, network.outputSize];
  const forward = sizes.slice(1).reduce((sum, units, i) => sum + sizes[i] * units, 0);
  // Backward takes two products where forward takes one, but for the first layer.
  const products = UPDATE * (3 * forward - sizes[0] * sizes[1]);
  const draws = network.dropoutRate ? network.hiddenSizes.reduce((sum, units) => sum + DRAW * units, 0) : 0;
  const training = updatesOf(spec) * batchSize * (products + draws);
  const { images, validation = 0 } = data;
  const evaluated = {
    loss: updatesOf(spec) * batchSize,
    trainAccuracy: epochs * (images - validation),
    validationAccuracy: epochs * validation,
    testAccuracy: epochs * 10_000,
  };
  const measuring = record.reduce((sum, measurement) => sum + evaluated[measurement] * forward, 0);
  return measuring / (training + measuring);
}

/** The history of the whole run, from those of its shares in their order. */
export function mergeShares(histories: History[]): History {
  // What was measured after divergence counts as nothing, as in a run that is not shared.
  const diverged = histories.findIndex(({ divergedAt }) => divergedAt !== null);
  const last = histories.at(diverged)!; // the very last if none diverged
  const merge = (measurement: "loss" | "trainAccuracy" | "validationAccuracy" | "testAccuracy") =>
    histories.flatMap((history, i) => (diverged >= 0 && i > diverged ? history[measurement].map(() => null) : history[measurement]));
  return {
    ...last,
    loss: merge("loss"),
    trainAccuracy: merge("trainAccuracy"),
    validationAccuracy: merge("validationAccuracy"),
    testAccuracy: merge("testAccuracy"),
  };
}
