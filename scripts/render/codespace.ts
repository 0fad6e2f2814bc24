// Where GitHub opens the project in a container of its own, made from .devcontainer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "#setup/clone.mjs";

type Repository = string | { url: string } | undefined;

/** What package.json says under `repository`, where the project has a public place. */
export function ownRepository(): Repository {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { repository?: Repository }).repository;
}

/** The address that opens a codespace; undefined for a project that is not on GitHub. */
export function codespaceOf(repository: Repository): string | undefined {
  const place = typeof repository === "string" ? repository : repository?.url;
  const [, name] = /^(?:github:|.*\bgithub\.com[/:])?([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(place ?? "") ?? [];
  return name && `https://codespaces.new/${name}`;
}
