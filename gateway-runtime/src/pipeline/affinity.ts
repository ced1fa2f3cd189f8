import type { InvokeRequest, RouteAffinityConfig } from 'agentyard/contract';
import type { Caller } from '../auth/caller.js';
import type { PodAffinity } from '../balance/balancer.js';
import { hashOf } from '../balance/consistent-hash.js';

/**
 * What a request belongs together with: those of its user, or those of one session of its user, so that nobody can send
 * work to the pod of somebody else's session by its id. Absent when the route asks for none, or nothing is known to go by.
 */
export function affinityOf(
  affinity: RouteAffinityConfig | undefined,
  { by, issuer = '', user }: Caller,
  { sessionId }: Pick<InvokeRequest, 'sessionId'>,
): PodAffinity | undefined {
  if (affinity === undefined) return undefined;
  const isKnown = affinity.by === 'session' ? sessionId !== undefined : by !== 'none';
  if (!isKnown) return undefined;
  const parts = [issuer, user, ...(affinity.by === 'session' ? [sessionId] : [])];
  return { key: hashOf(parts.join('\n')), loadFactor: affinity.loadFactor };
}
