import { availableParallelism } from "node:os";

/**
 * Threads for one operation: one, unless `TRAINING_THREADS` says otherwise. More are faster only where matrices are larger
 * than the chapter's, and add up in another order.
 *
 * @throws Error if that is neither a whole number from 1 on nor `all`.
 */
export function threadsWanted(wanted = process.env.TRAINING_THREADS): number {
  if (!wanted) return 1;
  if (wanted === "all") return availableParallelism();
  if (!/^[1-9]\d{0,2}$/.test(wanted))
    throw new Error(`TRAINING_THREADS: expected a whole number from 1 to 999, or all, got "${wanted}"`);
  return Number(wanted);
}
