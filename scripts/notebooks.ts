// npm run notebooks: executes the notebooks from their first cell and renders them.
import { join, relative } from "node:path";
import { cache, root } from "#setup/clone.mjs";
import { CommandError } from "#setup/command-line.mjs";
import { chooseNotebooks } from "./execute/choose-notebooks.js";
import { executeNotebook, type Execution } from "./execute/notebook.js";
import { printTable } from "./execute/print-table.js";
import { runChild } from "./execute/run-child.js";
import { jupyterEnvironment } from "./jupyter.js";

export default async function notebooks(_values: object, prefixes: string[]): Promise<void> {
  const source = join(root, "notebooks");
  // The clone's notebooks hold only what was computed here, in full and from scratch.
  const quick = ["QUICK", "RUNS_STORE", "RUNS_REDIS_URL"].some((name) => process.env[name]);
  const target = quick ? join(cache, "quick/notebooks") : source;
  const site = quick ? join(cache, "quick/site") : join(root, "site");

  const executions: Execution[] = [];
  for (const file of chooseNotebooks(source, prefixes))
    executions.push(await executeNotebook(join(source, file), join(target, file)));
  const failures = executions.filter(({ failed }) => failed);
  const rendered = failures.length === 0 && (await renders(target, site));

  printTable(
    ["Notebook", "Cells", "Figures", "Seconds"],
    executions.map(({ name, cells, figures, seconds, failed }) => [name, cells, failed ? "failed" : figures, seconds]),
  );
  if (failures.length > 0)
    throw new CommandError(
      `${failures.length} of ${executions.length} notebooks failed, see above; ` +
        "their files are as they were, and nothing was rendered.",
    );
  if (!rendered)
    throw new CommandError(
      "Rendering failed, see above. The notebooks are executed; npm run render repeats only the rendering.",
    );
  if (quick) console.log(`Notebooks: ${relative(root, target)}`);
  console.log(`Pages: ${relative(root, site)}/index.html`);
}

/** In a separate process. @returns whether it succeeded */
async function renders(notebooks: string, site: string): Promise<boolean> {
  const command = [join(root, "scripts/cli.mjs"), "render", "--notebooks", notebooks, "--site", site];
  const { code } = await runChild(process.execPath, command, { cwd: root, env: jupyterEnvironment });
  return code === 0;
}
