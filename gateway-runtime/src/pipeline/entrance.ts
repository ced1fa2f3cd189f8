import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler, RequestContext } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { GatewayState } from '../gateway-state.js';
import type { AuditedContext } from './audit.js';

/** A request whose caller is known. */
export interface Entered {
  readonly state: GatewayState;
  readonly audited: AuditedContext;
  readonly caller: Caller;
}

/** Lets a request in: begins its audit trail, and finds out who calls. @param method of its audit lines */
export type Entrance = (
  method: 'invoke' | 'resume' | 'approvals' | 'chat' | 'models',
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => Promise<Entered>;

/** What is served at a path that every document has. */
export type Endpoint = readonly [path: string, handlers: Readonly<Record<string, Handler>>];

/** The last segment of a path; names of agents need no escapes. */
export function lastSegment({ url = '' }: IncomingMessage): string {
  return /[^/?]*(?=\?|$)/.exec(url)?.[0] ?? '';
}
