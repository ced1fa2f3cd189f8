/** A line of Squid's own log. */
export interface SquidMessage {
  readonly level: 'error' | 'warn' | 'debug';
  readonly text: string;
}

/** Reads a line that Squid writes to standard error; most of them only matter when something is wrong. */
export function squidMessage(line: string): SquidMessage {
  const text = withoutPaths(line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?: \w+)?\| ?/, '').trim());
  // It has no privileges to give up: it never had any.
  if (text.includes('no_suid')) return { level: 'debug', text };
  if (/^(FATAL|ERROR|assertion failed|SECURITY)/i.test(text)) return { level: 'error', text };
  return { level: /^WARNING/i.test(text) ? 'warn' : 'debug', text };
}

/** Cuts URLs behind the host, since paths and queries may hold what nobody may read in a log. */
export function withoutPaths(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([^\s/?#'"]+)[/?#][^\s'"]*/gi, '$1$2/[redacted]');
}
