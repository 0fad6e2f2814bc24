// The names by which modules are imported.
import { satisfies, validRange } from "semver";

/** `npm:name@1.2/part`, taken apart. */
function parse(specifier: string) {
  const match = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(\/.*)?$/.exec(specifier);
  return match && { name: match[1], version: match[2], part: match[3] ?? "" };
}

/** `npm:name@1.2` and `npm:name@1.2/part` mean the installed package `name`. */
export function withoutPrefix(specifier: string): string {
  const npm = parse(specifier);
  return npm ? npm.name + npm.part : specifier;
}

/** Whether the installed version is one that the specifier asks for. One that asks for none, or by a tag, takes any. */
export function isRightVersion(specifier: string, installed: string): boolean {
  const range = validRange(parse(specifier)?.version);
  return range === null || satisfies(installed, range, { includePrerelease: true });
}
