// npm run render: images for the figures of the executed notebooks, and the pages.
import { join, relative } from "node:path";
import { CommandError } from "#setup/command-line.mjs";
import { renderNotebooks } from "./render/render-notebooks.js";

export default async function render(values: { notebooks: string; site: string; address?: string }): Promise<void> {
  const { notebooks, site, address } = values;
  if (address && !/^https?:\/\/[^\s?#]+$/.test(address))
    throw new CommandError(`The address must be like https://example.org/chapter, not ${address}.`);
  try {
    const { figures } = await renderNotebooks(notebooks, site, address?.replace(/\/+$/, ""));
    console.log(`${figures} figures; the pages begin at ${relative(process.cwd(), join(site, "index.html"))}`);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
