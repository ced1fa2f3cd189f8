import type { EgressProxyDocument } from 'agentyard/contract';

type Reload = EgressProxyDocument['reload'];

/** Environment variable with the pod's number in its StatefulSet. */
export const INDEX_VARIABLE = 'AGENTYARD_REPLICA_INDEX';

/**
 * How long replica `index` has to wait, in milliseconds, until it may begin to reload; 0 when it may at once.
 *
 * A turn is `slotMs` long and comes once in `replicas` turns. A reload begins in the first quarter of what its drain
 * leaves of the turn, so that it has ended when the next replica's turn comes: also if it takes some seconds, is undone, or
 * clocks differ by a little.
 */
export function untilTurn(now: number, index: number, { replicas, slotMs, drainMs }: Reload): number {
  const round = slotMs * replicas;
  const intoTurn = (((now - slotMs * (index % replicas)) % round) + round) % round;
  return intoTurn <= (slotMs - drainMs) / 4 ? 0 : round - intoTurn;
}

/**
 * The pod's number: from the environment, or where the cluster sets no such label, from its host name.
 *
 * @throws Error if neither says it: replicas that do not know their turn could all reload at once
 */
export function replicaIndex(environment: NodeJS.ProcessEnv, hostname: string, replicas: number): number {
  const text = environment[INDEX_VARIABLE] || /-(\d+)$/.exec(hostname)?.[1] || (replicas === 1 ? '0' : '');
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(
    `the number of this replica is unknown, so it cannot take turns with the others; set ${INDEX_VARIABLE} from the label apps.kubernetes.io/pod-index, or run it in a StatefulSet`,
  );
}
