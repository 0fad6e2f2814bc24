// npm run fuzz: gives random, damaged and hostile input to what must survive it.
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { libraryBuild } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";
import { showProgress } from "#setup/progress.mjs";
import { fuzzTarget, type Outcome } from "./fuzz/target.js";
import { wholeNumber } from "./whole-number.js";

const SECONDS = 60;

export default async function fuzz(values: { seconds?: string; seed?: string }, names: string[]): Promise<void> {
  const targets = chooseTargets(names);
  const isRepeated = values.seed !== undefined && values.seconds === undefined;
  const seconds = values.seconds === undefined ? SECONDS : wholeNumber("seconds", values.seconds);
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : wholeNumber("seed", values.seed);
  console.log(`From seed ${seed} on`);

  const outcomes: Record<string, Outcome> = {};
  for (const [name, file] of targets) {
    const progress = showProgress(name);
    const onCase = (cases: number) => progress.report(`${cases} cases`);
    outcomes[name] = await fuzzTarget(file, { seed, seconds: isRepeated ? 0 : seconds / targets.size, onCase });
    if (outcomes[name].failures.length > 0) progress.failed();
    else progress.done();
    for (const { seed, what } of outcomes[name].failures)
      console.error(`\n${name} fails with seed ${seed}: ${what}\nAgain: npm run fuzz -- ${name} --seed ${seed}\n`);
  }

  console.log(Object.entries(outcomes).map(counted).join("; "));
  if (Object.values(outcomes).some(({ failures }) => failures.length > 0)) process.exitCode = 1;
}

/** The compiled targets by name. */
function chooseTargets(names: string[]): Map<string, string> {
  const folder = join(libraryBuild, "testing/fuzz");
  const all = readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .map((file) => basename(file, ".js"));
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new CommandError(`There is no ${unknown.join(" and no ")}, only ${all.join(", ")}.`, { showUsage: true });
  return new Map((names.length > 0 ? names : all).map((name) => [name, join(folder, `${name}.js`)]));
}

function counted([name, { cases, failures }]: [string, Outcome]): string {
  return `${name} ${cases} ${cases === 1 ? "case" : "cases"}${failures.length === 0 ? "" : `, ${failures.length} failed`}`;
}
