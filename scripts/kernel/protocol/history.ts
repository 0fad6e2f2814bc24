// The inputs and outputs of this session, for history requests. Kept in memory, so session 1 is the only one.

const SESSION = 1;

class History {
  /** @type {{ line: number, input: string, output: string | null }[]} */
  entries = [];

  add(line, input) {
    this.entries.push({ line, input, output: null });
  }

  setOutput(line, output) {
    const entry = this.entries.findLast((entry) => entry.line === line);
    if (entry) entry.output = output;
  }

  /** The `history` of a history_reply: tuples (session, line, input), or (session, line, [input, output]). */
  query(request) {
    return this.#select(request).map(({ line, input, output }) => [
      SESSION,
      line,
      request.output ? [input, output] : input,
    ]);
  }

  #select({ hist_access_type, session, start, stop, n, pattern, unique }) {
    switch (hist_access_type) {
      case "range":
        // Session 0 means the current one. Negative numbers count back, and there is nothing to find there.
        if (session !== SESSION && session !== 0) return [];
        return this.entries.filter(({ line }) => line >= (start ?? 0) && (stop == null || line < stop));
      case "search": {
        const glob = globToRegExp(pattern ?? "*");
        let found = this.entries.filter(({ input }) => glob.test(input));
        if (unique) found = found.filter(({ input }, i) => found.findLastIndex((f) => f.input === input) === i);
        return lastOf(found, n);
      }
      default:
        return lastOf(this.entries, n);
    }
  }
}

const lastOf = (list, n) => (n == null ? list : n > 0 ? list.slice(-n) : []);

/** `*` and `?` as in a shell; a pattern covers the whole input, which may have several lines. */
function globToRegExp(glob) {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

module.exports = { History };
