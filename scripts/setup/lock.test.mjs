// @ts-check
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { spawn } from "node:child_process";
import { outcome, throwawayClone } from "./throwaway-clone.mjs";

/** Holds the lock for some milliseconds and notes when. @param {number} ms */
const holder = (ms) => `
  import { appendFileSync } from "node:fs";
  const { withLock } = await import("./scripts/setup/lock.mjs");
  await withLock(async () => {
    appendFileSync("notes", "begin ");
    console.log("begun");
    await new Promise((done) => setTimeout(done, ${ms}));
    appendFileSync("notes", "end ");
  }, () => console.log("waiting"));
`;

/** @param {string} cwd @param {number} ms */
const hold = (cwd, ms) => spawn(process.execPath, ["--input-type=module", "-e", holder(ms)], { cwd });

test("two set-ups take turns", async (t) => {
  const { folder } = throwawayClone(t);
  const first = hold(folder, 500);
  await once(first.stdout, "data");
  const second = await outcome(hold(folder, 0));
  assert.match(second.output, /waiting\nbegun/);
  assert.equal(readFileSync(join(folder, "notes"), "utf8"), "begin end begin end ");
});

test("a killed set-up leaves no lock behind", async (t) => {
  const { folder } = throwawayClone(t);
  const first = hold(folder, 60_000);
  await once(first.stdout, "data");
  first.kill("SIGKILL");
  await once(first, "close");
  const second = await outcome(hold(folder, 0));
  assert.equal(second.code, 0);
  assert.doesNotMatch(second.output, /waiting/);
});
