// @ts-check

/**
 * Prints rows in columns: words on the left, numbers on the right.
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function printTable(head, rows) {
  const cells = [head, ...rows.map((row) => row.map(written))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const isNumber = head.map((_, column) => rows.some((row) => typeof row[column] === "number"));
  console.log();
  for (const row of cells) {
    const line = row.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
    console.log(line.join("   ").trimEnd());
  }
  console.log();
}

/** @param {string | number} cell */
function written(cell) {
  return typeof cell === "string" || Number.isInteger(cell) ? `${cell}` : cell.toFixed(1);
}
