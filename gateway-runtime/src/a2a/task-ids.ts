import { randomBytes } from 'node:crypto';
import { A2A_ID } from 'agentyard/contract';
import type { Caller } from '../auth/caller.js';
import type { Seal } from '../mcp/session/seal.js';

/** What has an id. */
export type Named = 'task' | 'context';

/** The pod that has a task or a context. */
export interface TaskPlace {
  readonly agent: string;
  readonly origin: string;
}

/**
 * Ids of tasks and contexts, which the agent takes over from its gateway. The pod that has it is sealed into each, and
 * user and path are bound to it: every replica finds the pod, and the id of somebody else is none.
 */
export class TaskIds {
  public constructor(private readonly seal: Pick<Seal, 'close' | 'open'>) {}

  /** A new id. @param path of the agent at the gateway */
  public make(named: Named, { agent, origin }: TaskPlace, caller: Caller, path: string): string {
    const unique = randomBytes(9).toString('base64url');
    return this.seal.close(JSON.stringify([agent, origin, unique]), boundTo(named, caller, path));
  }

  /** Where it is; absent for what is not an id of this user here. */
  public placeOf(named: Named, id: string, caller: Caller, path: string): TaskPlace | undefined {
    const text = A2A_ID.test(id) ? this.seal.open(id, boundTo(named, caller, path)) : undefined;
    if (text === undefined) return undefined;
    const [agent, origin] = JSON.parse(text) as readonly [string, string];
    return { agent, origin };
  }
}

function boundTo(named: Named, { user, issuer, by }: Caller, path: string): string {
  return JSON.stringify([`a2a-${named}`, path, by === 'access-token' ? (issuer ?? null) : by, user]);
}
