#!/usr/bin/env node
// Every `npm run …`: parses the arguments, sets up what is missing, and runs the command.
import { clean } from "./setup/clean.mjs";
import { CommandError, readCommandLine } from "./setup/command-line.mjs";
import { commands } from "./setup/commands.mjs";
import { setUp } from "./setup/set-up.mjs";

const [name = "", ...words] = process.argv.slice(2);
const command = commands[name];
try {
  if (!command)
    throw new CommandError(
      `There is no ${name || "command without a name"}, only ${Object.keys(commands).join(", ")}.`,
    );
  const request = readCommandLine(command, words);
  if (request === "help") console.log(command.usage);
  else if (name === "clean") clean(request.values);
  else if (name === "setup") {
    const [part = "all", ...rest] = request.positionals;
    if ((part !== "lab" && part !== "all") || rest.length > 0)
      throw new CommandError("Say lab, all, or nothing, which is all.", { showUsage: true });
    await setUp(part, { reconsider: true });
    console.log(`Set up. Next: npm run lab${part === "all" ? ", npm run notebooks or npm test" : ""}.`);
  } else {
    if (command.needs) await setUp(command.needs);
    await (await import(`./dist/${name.replace(":", "/")}.js`)).default(request.values, request.positionals);
  }
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  if (error.showUsage) console.error(`\n${command.usage}`);
  process.exitCode = 1;
}
