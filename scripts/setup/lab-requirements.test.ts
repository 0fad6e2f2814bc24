import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "#setup/clone.mjs";
import { labRequirements } from "#setup/lab-requirements.mjs";

const namesIn = (lock: string) => new Set([...lock.matchAll(/^([\w.-]+)==/gm)].map(([, name]) => name));

test("what only tests use is left out, with what only that needs", () => {
  const package_ = (name: string, ...users: string[]) =>
    `${name}==1.0 \\\n    --hash=sha256:00\n` +
    (users.length === 1
      ? `    # via ${users[0]}\n`
      : `    # via\n${users.map((user) => `    #   ${user}\n`).join("")}`);
  const lab = [
    package_("jupyterlab", "-r requirements.in"),
    package_("tornado", "jupyterlab", "pytest"),
    package_("zmq", "tornado"),
  ];
  const tests = [package_("pytest", "-r requirements.in"), package_("pluggy", "pytest", "iniconfig")];
  assert.equal(labRequirements([...lab, ...tests].join("")), lab.join(""));
});

test("of the lock, JupyterLab and nbconvert stay, and every name that is left out is there", () => {
  const lock = readFileSync(join(root, "requirements.txt"), "utf8");
  const [all, lab] = [namesIn(lock), namesIn(labRequirements(lock))];
  for (const name of ["jupyterlab", "nbconvert", "anywidget", "pip", "pyzmq"]) assert.ok(lab.has(name), name);
  for (const name of ["numpy", "ruff", "pytest", "aiohttp"]) assert.ok(all.has(name) && !lab.has(name), name);
});
