import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { Turns } from "./turns";

const { signal } = new AbortController();

/** Takes a turn, and notes when it has come. */
function taking(turns: Turns, come: string[], name: string, stop = signal): Promise<void> {
  return turns.take(stop).then(() => void come.push(name));
}

test("so many turns at a time, the others in order", async () => {
  const turns = new Turns(2);
  const come: string[] = [];
  for (const name of "abcd") void taking(turns, come, name);
  await soon();
  assert.deepEqual(come, ["a", "b"]);
  turns.giveBack();
  await soon();
  assert.deepEqual(come, ["a", "b", "c"]);
});

test("one fewer: who has a turn keeps it, and the next has to wait for two", async () => {
  const turns = new Turns(2);
  const come: string[] = [];
  for (const name of "abcd") void taking(turns, come, name);
  assert.equal(turns.fewer(), 1);
  turns.giveBack();
  await soon();
  assert.deepEqual(come, ["a", "b"]);
  turns.giveBack();
  await soon();
  assert.deepEqual(come, ["a", "b", "c"]);
  assert.equal(turns.fewer(), undefined);
});

test("who gives up waiting hears why at once, and takes no turn", async () => {
  const turns = new Turns(1);
  const come: string[] = [];
  const abort = new AbortController();
  await taking(turns, come, "a");
  const impatient = taking(turns, come, "b", abort.signal);
  void taking(turns, come, "c");
  abort.abort(new Error("enough"));
  await assert.rejects(impatient, /enough/);
  await assert.rejects(turns.take(abort.signal), /enough/);
  turns.giveBack();
  await soon();
  assert.deepEqual(come, ["a", "c"]);
});
