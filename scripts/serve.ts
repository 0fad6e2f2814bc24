// npm run serve: the rendered pages, for this machine only.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "#setup/command-line.mjs";
import { serveFolder } from "./render/server.js";

export default async function serve(values: { port: string; site: string }): Promise<void> {
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new CommandError(`The port must be a number from 0 to 65535, not ${values.port}.`);
  if (!existsSync(join(values.site, "index.html")))
    throw new CommandError(
      `${values.site} holds no pages yet: npm run render writes them from the notebooks, npm run notebooks executes those first.`,
    );
  try {
    const { url } = await serveFolder(values.site, port);
    console.log(`${url}   (Ctrl+C stops it)`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new CommandError(`Port ${port} is taken: npm run serve -- --port 0 takes a free one.`);
  }
}
