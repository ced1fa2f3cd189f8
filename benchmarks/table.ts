/** A column of a table: its title and, for numbers, that they stand to the right. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A table that reads well in a terminal and is Markdown. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, i) => Math.max(3, title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (columns[i]!.isNumber ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = columns.map(({ isNumber }, i) => (isNumber ? `${'-'.repeat(widths[i]! - 1)}:` : '-'.repeat(widths[i]!)));
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join('\n');
}
