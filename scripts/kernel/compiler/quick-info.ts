// What TypeScript knows of a name, and of a call that is being written.
import ts from "typescript";
import { isCell } from "./file-system.js";

/**
 * Type and documentation of the name at a position, or else the signature of the call around it.
 * @returns undefined where there is neither
 */
export function describeAt(service: ts.LanguageService, file: string, position: number): string | undefined {
  // A cursor right after a name, or after the bracket that opens its call, means that name.
  for (const place of [position, position - 1, position - 2]) {
    const info = place < 0 ? undefined : service.getQuickInfoAtPosition(file, place);
    // What is not declared anywhere is "any" to TypeScript.
    if (info && ts.displayPartsToString(info.displayParts) !== "any")
      return describe(whereDeclared(service, file, place) ?? info);
  }
  return signature(service, file, position);
}

/** What an earlier cell has declared comes by an import, as TypeScript sees it; the reader knows of none. */
function whereDeclared(service: ts.LanguageService, file: string, position: number): ts.QuickInfo | undefined {
  const [definition] = service.getDefinitionAtPosition(file, position) ?? [];
  if (definition === undefined || definition.fileName === file || !isCell(definition.fileName)) return undefined;
  return service.getQuickInfoAtPosition(definition.fileName, definition.textSpan.start);
}

function describe({ displayParts, documentation, tags }: ts.QuickInfo): string {
  return paragraphs(ts.displayPartsToString(displayParts), documentation, tags);
}

function paragraphs(
  first: string,
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
  tags: readonly ts.JSDocTagInfo[] | undefined,
): string {
  const described = (tags ?? []).map(({ name, text }) =>
    `@${name} ${ts.displayPartsToString(text as ts.SymbolDisplayPart[])}`.trim(),
  );
  return [first, ts.displayPartsToString(documentation as ts.SymbolDisplayPart[]), described.join("\n")]
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

/** The signature of the call around a position, with the parameter that comes next. */
function signature(service: ts.LanguageService, file: string, position: number): string | undefined {
  const help = service.getSignatureHelpItems(file, position, undefined);
  if (!help) return undefined;
  const { prefixDisplayParts, separatorDisplayParts, suffixDisplayParts, parameters, documentation, tags } =
    help.items[help.selectedItemIndex];
  const text = ts.displayPartsToString;
  const list = parameters.map(({ displayParts }) => text(displayParts)).join(text(separatorDisplayParts));
  const head = text(prefixDisplayParts) + list + text(suffixDisplayParts);
  const current = parameters.at(help.argumentIndex);
  if (!current) return paragraphs(head, documentation, tags);
  const explained = text(current.documentation);
  const next = `Here: ${text(current.displayParts)}${explained === "" ? "" : ` — ${explained}`}`;
  return paragraphs(`${head}\n${next}`, documentation, tags);
}
