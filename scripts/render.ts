// npm run render: images for the figures of the executed notebooks, and the pages.
import { join, relative } from "node:path";
import { CommandError } from "#setup/command-line.mjs";
import { renderNotebooks } from "./render/render-notebooks.js";

export default async function render({ notebooks, site }: { notebooks: string; site: string }): Promise<void> {
  try {
    const { figures } = await renderNotebooks(notebooks, site);
    console.log(`${figures} figures; the pages begin at ${relative(process.cwd(), join(site, "index.html"))}`);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
