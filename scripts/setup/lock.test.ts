import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { outcome } from "../testing/outcome.js";
import { throwawayClone } from "../testing/throwaway-clone.js";

/** Holds the lock until its input ends. */
const holder = `
  import { once } from "node:events";
  const { withLock } = await import("./scripts/setup/lock.mjs");
  await withLock(async () => {
    console.log("has it");
    await once(process.stdin.resume(), "end");
    console.log("gives it back");
  }, () => console.log("waits"));
`;

const hold = (cwd: string) => spawn(process.execPath, ["--input-type=module", "-e", holder], { cwd });

test("two set-ups take turns", async (t) => {
  const { folder } = throwawayClone(t);
  const first = hold(folder);
  assert.equal(String(await once(first.stdout, "data")), "has it\n");
  const second = hold(folder);
  assert.equal(String(await once(second.stdout, "data")), "waits\n");
  first.stdin.end();
  assert.equal(String(await once(second.stdout, "data")), "has it\n");
  second.stdin.end();
  assert.equal((await outcome(second)).output, "gives it back\n");
});

test("a killed set-up leaves no lock behind", async (t) => {
  const { folder } = throwawayClone(t);
  const first = hold(folder);
  await once(first.stdout, "data");
  first.kill("SIGKILL");
  await once(first, "close");
  const second = hold(folder);
  second.stdin.end();
  assert.deepEqual(await outcome(second), { code: 0, output: "has it\ngives it back\n" });
});
