/** Prints rows in columns: words on the left, numbers on the right. */
export function printTable(head: string[], rows: (string | number)[][]): void {
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

function written(cell: string | number) {
  return typeof cell === "string" || Number.isInteger(cell) ? `${cell}` : cell.toFixed(1);
}
