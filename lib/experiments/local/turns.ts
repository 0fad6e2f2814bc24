/** Lets so many go on at a time, the others in the order in which they came. */
export class Turns {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param most how many at a time. */
  constructor(private most: number) {}

  /** Waits for a turn, to be given back. @throws the signal's reason if it is aborted meanwhile. */
  take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener("abort", leave);
        this.taken++;
        resolve();
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener("abort", leave, { once: true });
      this.waiting.push(begin);
      this.next();
    });
  }

  giveBack(): void {
    this.taken--;
    this.next();
  }

  /** From now on one fewer. @returns how many at a time; undefined if it was only one. */
  fewer(): number | undefined {
    return this.most > 1 ? --this.most : undefined;
  }

  private next(): void {
    while (this.taken < this.most && this.waiting.length > 0) this.waiting.shift()!();
  }
}
