import type { Path } from 'agentyard/reachability';

const ANY = /^(any (pod|(IPv[46] )?address)|anyone|all pods in all namespaces|\*+)$/;

/** Blocks with a shorter prefix are too large to be anybody's own. */
const SHORTEST_PREFIX = 8;

/** Whether the other end of a path may be almost anybody. */
export function isWide({ peer, kind }: Path): boolean {
  if (ANY.test(peer)) return true;
  const prefix = kind === 'addresses' ? /^[^/\s]+\/(\d+)/.exec(peer)?.[1] : undefined;
  return prefix !== undefined && Number(prefix) < SHORTEST_PREFIX;
}

/** Whether a path is open to pods and addresses of every kind, at all ports of another path too. */
export function coversAnyone({ kind, ports, protocol }: Path, other: Path): boolean {
  const covers = ports.first <= other.ports.first && other.ports.last <= ports.last;
  return kind === 'anyone' && covers && (protocol === 'any' || protocol === other.protocol);
}
