/**
 * Shows the progress of a step: on a terminal as one line that is updated in place, elsewhere (CI) as a line every few
 * seconds.
 * @param {string} name
 * @param {NodeJS.WriteStream} [out]
 */
export function showProgress(name, out = process.stderr) {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  let state = "";
  const line = () => `  ${name}${state && `: ${state}`} (${seconds()})`;
  const clear = () => out.isTTY && out.write("\r\x1b[2K");

  out.write(out.isTTY ? line() : `  ${name} …\n`);
  const timer = out.isTTY
    ? setInterval(() => (clear(), out.write(line().slice(0, out.columns - 1))), 200)
    : setInterval(() => out.write(`${line()}\n`), 5000);

  return {
    /** @param {string} newState */
    report(newState) {
      state = newState;
    },
    done() {
      clearInterval(timer);
      clear();
      out.write(`✓ ${name} (${seconds()})\n`);
    },
    failed() {
      clearInterval(timer);
      clear();
      out.write(`✗ ${name} (${seconds()})\n`);
    },
  };
}
