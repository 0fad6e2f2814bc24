// Where the numbers in a notebook's prose come from: an output above them, or a setting in the code.
import { joined, type Cell, type NotebookContent, type Output } from "./notebook-format.js";

/** A number as prose writes it. */
export interface ProseNumber {
  cell: string;
  /** Like `"0.02%"` or `"10,000"`. */
  text: string;
  value: number;
  /** The place of its last digit: 0.01 for `"0.32"`. */
  unit: number;
  /** The words around it. */
  context: string;
}

/** Up to ten, numbers count what the text itself names: two reasons, four rules, ten digits. */
const SMALL = 10;

/**
 * The numbers in the prose of a notebook that neither an output of a cell above nor the code of any cell has. An output
 * counts if it rounds to the number; so does its hundredfold for a percentage.
 */
export function numbersWithoutSource({ cells }: NotebookContent): ProseNumber[] {
  const settings = cells.filter(isCode).flatMap(({ source }) => numbersIn(joined(source)));
  const measured: number[] = [];
  return cells.flatMap((cell) => {
    if (isCode(cell)) {
      measured.push(...(cell.outputs ?? []).flatMap((output) => numbersIn(textOf(output))));
      return [];
    }
    return proseNumbers(cell).filter(
      ({ value, unit }) => !settings.some((number) => same(number, value)) && !measured.some(roundsTo(value, unit)),
    );
  });
}

/** The numbers that a Markdown cell states, without those of sections, figures, equations and years. */
export function proseNumbers({ id, source }: Cell): ProseNumber[] {
  const prose = joined(source)
    .replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, " ")
    .replace(/\$\$[\s\S]*?\$\$/g, " ")
    .replace(/`[^`]*`/g, " ")
    .replace(/\]\([^)]*\)/g, "] ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\$([^$]*)\$/g, (_, formula: string) => ` ${plainNumber(formula)} `)
    .replace(/^#.*$/gm, " ")
    .replace(/^\s*(\*\*)?\d+\.(\*\*)?\s/gm, " ") // of a list
    .replace(/[Ff]igures? \d+-\w+( (and|to|or) \d+-\w+)*/g, " ")
    .replace(/\b6(\.\d+){1,2}\b/g, " ") // sections and equations
    .replace(/\b(19|20)\d\d\b/g, (year) => (Number(year) === 2000 ? year : " "));
  return [...prose.matchAll(/(?<![\w.,−-])[−-]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( ?%)?/g)].flatMap((match) => {
    const text = match[0].replace(/,$/, "");
    const [, , exponent = "e0", percent] = match;
    const plain = text.replace("−", "-").replaceAll(",", "").replace(/ ?%/, "");
    const decimals = /\.(\d+)/.exec(plain)?.[1].length ?? 0;
    const scale = percent ? 0.01 : 1;
    const value = Number(plain) * scale;
    if (Number.isInteger(value) && Math.abs(value) <= SMALL) return [];
    const unit = 10 ** (Number(exponent.slice(1)) - decimals) * scale;
    const context = prose.slice(Math.max(0, match.index - 40), match.index + 40).replace(/\s+/g, " ");
    return [{ cell: id, text, value, unit, context }];
  });
}

/** A formula that is nothing but a number, perhaps with a power of ten, as digits; of others, nothing. */
function plainNumber(formula: string): string {
  const spaceless = formula.replace(/\s|\\,|\\;/g, "");
  const power = /^(?:([\d.]+)\\(?:cdot|times))?10\^\{?(-?\d+)\}?$/.exec(spaceless);
  if (power) return `${power[1] ?? "1"}e${power[2]}`;
  return /^-?[\d.]+$/.test(spaceless) ? spaceless : "";
}

/** All numbers in an output or in code. */
function numbersIn(text: string): number[] {
  const numbers = text
    .replaceAll("−", "-")
    .replace(/(\d)[_,](?=\d{3}\b)/g, "$1")
    .matchAll(/(?<![\w.])-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(%?)/gi);
  return [...numbers].map(([number, percent]) => Number(number.replace("%", "")) * (percent ? 0.01 : 1));
}

function textOf({ text, data, metadata }: Output): string {
  const { caption = "", alt = "" } = metadata?.figure ?? {};
  return [joined(text), joined(data?.["text/markdown"]), joined(data?.["text/plain"]), caption, alt].join("\n");
}

const isCode = ({ cell_type }: Cell) => cell_type === "code";

const same = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.abs(b);

/** Whether a measured number, rounded to the place of the stated one's last digit, is the stated one. */
function roundsTo(value: number, unit: number): (measured: number) => boolean {
  return (measured) => Math.abs(Math.abs(measured) - Math.abs(value)) <= 0.5 * unit * (1 + 1e-6);
}
