/** What a matcher answers, as `expect.extend` takes it. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** A title and what stands under it; nothing without lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map(item)];
}

/** A line of a list; one that begins with spaces belongs to the one above it. */
export function item(line: string): string {
  return line.startsWith('  ') ? `      ${line.trim()}` : `  - ${line}`;
}
