// npm run kernel: makes the kernel known to the user's own Jupyter, or takes it away again.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError } from "#setup/command-line.mjs";
import { kernelspecText } from "#setup/kernelspec.mjs";

export default function kernel({ name }: { name: string }, [action, ...rest]: string[]): void {
  if (!/^[\w.-]+$/.test(name))
    throw new CommandError(`A kernel's name has letters, digits, ".", "-" and "_": not ${name}.`);
  const file = join(jupyterData(), "kernels", name, "kernel.json");
  if (action === "register" && rest.length === 0) register(name, file);
  else if (action === "unregister" && rest.length === 0) unregister(name, file);
  else throw new CommandError("Say register or unregister.", { showUsage: true });
}

/** Where Jupyter keeps what belongs to this user. */
function jupyterData(): string {
  const { JUPYTER_DATA_DIR, XDG_DATA_HOME, APPDATA } = process.env;
  if (JUPYTER_DATA_DIR !== undefined) return JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library/Jupyter");
  const data = process.platform === "win32" ? APPDATA : XDG_DATA_HOME;
  return join(data ?? join(homedir(), ".local/share"), "jupyter");
}

function register(name: string, file: string): void {
  if (existsSync(file) && !isOurs(file))
    throw new CommandError(
      `${file} belongs to another kernel: npm run kernel -- register --name NAME takes another name.`,
    );
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, kernelspecText());
  console.log(
    `Registered as ${name}: ${file}\nIt runs from this clone, so keep it here; npm run kernel -- unregister takes it away.`,
  );
}

function unregister(name: string, file: string): void {
  if (!existsSync(file)) throw new CommandError(`No kernel ${name} is registered: there is no ${file}.`);
  if (!isOurs(file)) throw new CommandError(`${file} belongs to another kernel, and stays.`);
  rmSync(join(file, ".."), { recursive: true });
  console.log(`Removed ${file}`);
}

/** Whether the specification starts a kernel of a clone of this project. */
function isOurs(file: string): boolean {
  try {
    const { argv } = JSON.parse(readFileSync(file, "utf8")) as { argv: string[] };
    return argv.some((word) => /[\\/]scripts[\\/](kernel[\\/]start\.sh|dist[\\/]kernel[\\/]main\.js)$/.test(word));
  } catch {
    return false;
  }
}
