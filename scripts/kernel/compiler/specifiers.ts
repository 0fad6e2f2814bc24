// The names by which modules are imported.

/** `npm:name@1.2` and `npm:name@1.2/part` mean the installed package `name`. */
export function withoutPrefix(specifier: string): string {
  const match = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?(\/.*)?$/.exec(specifier);
  return match ? match[1] + (match[2] ?? "") : specifier;
}
