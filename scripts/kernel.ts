// npm run kernel: makes the kernel known to the user's own Jupyter, or takes it away again.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";

interface KernelSpec {
  argv: string[];
  env: Record<string, string>;
}

const start = join(root, "scripts/kernel/start.sh");

export default function kernel({ name }: { name: string }, [action, ...rest]: string[]): void {
  if (!/^[\w.-]+$/.test(name))
    throw new CommandError(`A kernel's name has letters, digits, ".", "-" and "_": not ${name}.`);
  const file = join(userKernels(), name, "kernel.json");
  if (action === "register" && rest.length === 0) register(name, file);
  else if (action === "unregister" && rest.length === 0) unregister(name, file);
  else throw new CommandError("Say register or unregister.", { showUsage: true });
}

/** Where Jupyter looks for the kernels of this user. */
function userKernels(): string {
  const data =
    process.env.JUPYTER_DATA_DIR ?? join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share"), "jupyter");
  return join(data, "kernels");
}

function register(name: string, file: string): void {
  if (existsSync(file) && !isOurs(file))
    throw new CommandError(
      `${file} belongs to another kernel: npm run kernel -- register --name NAME takes another name.`,
    );
  const spec = JSON.parse(readFileSync(join(root, "scripts/kernel/kernel.json"), "utf8")) as KernelSpec;
  // Whole paths: not every client knows where the specification lies, or has this Node on its PATH.
  const absolute = {
    ...spec,
    argv: ["/bin/sh", start, "{connection_file}"],
    env: { ...spec.env, KERNEL_NODE: process.execPath },
  };
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `${JSON.stringify(absolute, undefined, 2)}\n`);
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
    const { argv } = JSON.parse(readFileSync(file, "utf8")) as KernelSpec;
    return argv.some((word) => word.endsWith("scripts/kernel/start.sh"));
  } catch {
    return false;
  }
}
