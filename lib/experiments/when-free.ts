import { setTimeout as delay } from "node:timers/promises";

/** How long others may hold a store before that is an error. */
const MOST_MS = 60_000;

const PAUSE_MS = 200;

/**
 * Waits for a store that another process holds, without holding up this one: SQLite's own wait would stop all that goes on
 * here, and an abort. All who wait share the time since it was found held.
 */
export class WhenFree {
  private heldSince?: number;

  /**
   * Uses the store once nobody else holds it.
   * @throws what `use` throws, and its error if the store is still held after {@link MOST_MS}; the signal's reason if aborted.
   */
  async do<T>(use: () => T, signal?: AbortSignal): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      try {
        const result = use();
        this.heldSince = undefined;
        return result;
      } catch (error) {
        const { isBusy } = error as { isBusy?: boolean };
        if (!isBusy) throw error;
        this.heldSince ??= Date.now();
        if (Date.now() - this.heldSince > MOST_MS) throw error;
      }
      await delay(PAUSE_MS);
    }
  }
}
