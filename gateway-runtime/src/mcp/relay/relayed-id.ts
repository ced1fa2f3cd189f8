import type { RpcId } from '../wire/json-rpc.js';

/** What stands between the name of a server and the id, or token, that the server has chosen. */
const SEPARATOR = '~';

/** The id under which a client gets a server's request, or a token in it: the server can be told from it alone. */
export function relayedId(server: string, id: RpcId): string {
  return `${server}${SEPARATOR}${JSON.stringify(id)}`;
}

/** The server and its own id; absent for what is none of ours. */
export function originalId(relayed: unknown): { readonly server: string; readonly id: RpcId } | undefined {
  if (typeof relayed !== 'string') return undefined;
  const at = relayed.indexOf(SEPARATOR);
  if (at < 0) return undefined;
  try {
    const id = JSON.parse(relayed.slice(at + 1)) as unknown;
    // A number that is too large for one is none in what is sent on.
    if (typeof id !== 'string' && !(typeof id === 'number' && Number.isFinite(id))) return undefined;
    return { server: relayed.slice(0, at), id };
  } catch {
    return undefined;
  }
}
