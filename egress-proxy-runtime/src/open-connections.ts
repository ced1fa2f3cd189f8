import { readFile } from 'node:fs/promises';

/** States of a connection that is not over, as /proc/net/tcp has them: ESTABLISHED, CLOSE_WAIT. */
const OPEN = new Set(['01', '08']);

/** How many connections are open at ports of this network namespace; nothing where the kernel does not say. */
export async function openConnections(ports: readonly number[]): Promise<number | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => undefined)),
  );
  const found = tables.filter((table) => table !== undefined);
  if (found.length === 0) return undefined;
  return found.reduce((sum, table) => sum + connectionsIn(table, ports), 0);
}

/** The same, in the text of one table. */
export function connectionsIn(table: string, ports: readonly number[]): number {
  return table.split('\n').filter((line) => {
    const [, local = '', , state = ''] = line.trim().split(/\s+/);
    return OPEN.has(state) && ports.includes(Number.parseInt(local.split(':')[1] ?? '', 16));
  }).length;
}
