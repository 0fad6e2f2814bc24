// Arrays of records as tables.

const MAX_ROWS = 100;

/** An object with simple values, such as a row of a CSV file. */
type Row = Readonly<Record<string, unknown>>;

const isSimple = (value: unknown) =>
  value === null || !["object", "function", "symbol"].includes(typeof value) || value instanceof Date;

function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value));
  return fields.length > 0 && fields.every(([, field]) => "value" in field && isSimple(field.value));
}

/** A table of HTML; undefined for what is no array of records with simple values. */
export function tableOf(value: unknown): string | undefined {
  // findIndex looks into holes, too, unlike every.
  if (!Array.isArray(value) || value.length === 0 || value.findIndex((row) => !isRow(row)) >= 0) return undefined;
  const rows: Row[] = value.slice(0, MAX_ROWS);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const head = columns.map((column) => `<th>${escaped(column)}</th>`).join("");
  const body = rows.map((row) => `<tr>${columns.map((column) => cellOf(row[column])).join("")}</tr>`).join("\n");
  const rest = value.length > MAX_ROWS ? `\n<caption>${MAX_ROWS} of ${value.length} rows</caption>` : "";
  return `<table>${rest}\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "<td></td>";
  if (typeof value === "number" || typeof value === "bigint") return `<td style="text-align: right">${value}</td>`;
  return `<td style="text-align: left">${escaped(value instanceof Date ? dateOf(value) : String(value))}</td>`;
}

const dateOf = (date: Date) => (Number.isNaN(date.getTime()) ? "" : date.toISOString());

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ESCAPES[character]);
