/** Our `**.` as engines spell it whose `*.` stands for one or more labels. */
export function suffixWildcard(host: string): string {
  return host.replace(/^\*\*\./, '*.');
}
