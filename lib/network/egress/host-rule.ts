import { isIP } from 'node:net';

/** One opening by name. */
export interface HostRule {
  /** A DNS name in lower case; `*.` before it stands for one label, `**.` for one or more. */
  readonly host: string;
  readonly port: number;
  /** Whether what is spoken begins with TLS, so that the server name can be checked. Else plain HTTP. */
  readonly tls: boolean;
  /** Blocks that the name may lead to although they are private. */
  readonly privateCidrs: readonly string[];
}

const LABEL = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/;

/** Whether a text is a DNS name of at least two labels, perhaps with a wildcard as its first. */
export function isHostPattern(text: string): boolean {
  const labels = text.replace(/^\*{1,2}\./, '').split('.');
  return text.length <= 253 && isIP(text) === 0 && labels.length >= 2 && labels.every((label) => LABEL.test(label));
}

/** Which wildcard a name has. */
export function wildcardOf(host: string): 'none' | 'oneLabel' | 'anyDepth' {
  if (host.startsWith('**.')) return 'anyDepth';
  return host.startsWith('*.') ? 'oneLabel' : 'none';
}

/** Each host and port once, in an order of its own; blocks of the same host are joined. */
export function distinctHosts(rules: readonly HostRule[]): HostRule[] {
  const byKey = new Map<string, HostRule>();
  for (const { host, port, tls, privateCidrs } of rules) {
    const key = `${host}:${String(port).padStart(5, '0')}:${tls ? 'tls' : 'http'}`;
    const blocks = new Set([...(byKey.get(key)?.privateCidrs ?? []), ...privateCidrs]);
    byKey.set(key, { host, port, tls, privateCidrs: [...blocks].sort() });
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** Hosts by the port that they are called at, ports in ascending order. */
export function hostsByPort(rules: readonly HostRule[]): [number, string[]][] {
  const ports = [...new Set(rules.map(({ port }) => port))].sort((a, b) => a - b);
  return ports.map((port) => [port, [...new Set(rules.filter((rule) => rule.port === port).map(({ host }) => host))]]);
}
