// The inputs and outputs of this session, for history requests. They are kept in memory, so session 1 is the only one.

const SESSION = 1;

interface Entry {
  line: number;
  input: string;
  output: unknown;
}

/** The content of a history_request. */
export interface HistoryQuery {
  hist_access_type: "range" | "tail" | "search";
  output?: boolean;
  session?: number;
  start?: number;
  stop?: number | null;
  n?: number | null;
  pattern?: string;
  unique?: boolean;
}

export class SessionHistory {
  readonly #entries: Entry[] = [];

  add(line: number, input: string): void {
    this.#entries.push({ line, input, output: null });
  }

  setOutput(line: number, output: unknown): void {
    const entry = this.#entries.findLast((entry) => entry.line === line);
    if (entry) entry.output = output;
  }

  /** The `history` of a history_reply: tuples (session, line, input), or (session, line, [input, output]). */
  query(query: HistoryQuery): unknown[][] {
    return this.#select(query).map(({ line, input, output }) => [
      SESSION,
      line,
      query.output ? [input, output] : input,
    ]);
  }

  #select({ hist_access_type, session, start, stop, n, pattern, unique }: HistoryQuery): Entry[] {
    switch (hist_access_type) {
      case "range":
        // Session 0 means the current one. Negative numbers count back to earlier sessions, where nothing is kept.
        if (session !== SESSION && session !== 0) return [];
        return this.#entries.filter(({ line }) => line >= (start ?? 0) && (stop == null || line < stop));
      case "search": {
        const glob = globToRegExp(String(pattern ?? "*"));
        let found = this.#entries.filter(({ input }) => glob.test(input));
        if (unique) found = found.filter(({ input }, i) => found.findLastIndex((f) => f.input === input) === i);
        return lastOf(found, n);
      }
      case "tail":
      default:
        return lastOf(this.#entries, n);
    }
  }
}

function lastOf(entries: Entry[], n: number | null | undefined): Entry[] {
  if (n == null) return entries;
  return n > 0 ? entries.slice(-n) : [];
}

/** `*` and `?` as in a shell; a pattern covers the whole input, which may have several lines. */
function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
