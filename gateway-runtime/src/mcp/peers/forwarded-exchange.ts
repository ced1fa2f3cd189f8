import type { IncomingHttpHeaders } from 'node:http';
import type { TraceHeaders } from '@agentyard/runtime-kit';
import { CallerToken } from '../../auth/caller-token.js';
import type { Caller } from '../../auth/caller.js';

/** A request of a client that another replica has to answer. Who sends it was checked by the one that passes it on. */
export interface ForwardedExchange {
  readonly method: string;
  /** Path of the endpoint. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Base64. */
  readonly body: string;
  readonly caller: Omit<Caller, 'roles' | 'token'> & { readonly roles: readonly string[]; readonly token?: string };
  readonly clientIp?: string;
  /** Where in a trace it is passed on, and whether that is recorded. */
  readonly trace?: TraceHeaders;
}

/** Headers of a client that say how it is to be answered. Its credentials are not among them. */
const PASSED = [
  'accept',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
];

/** A request as a client has sent it. */
interface SentExchange extends Pick<ForwardedExchange, 'method' | 'path' | 'headers'> {
  readonly body: Buffer;
  readonly trace: TraceHeaders | undefined;
}

/** A request as it is passed on. */
export function forwardedExchange(
  { method, path, headers, body, trace }: SentExchange,
  { user, roles, by, issuer, keyId, token }: Caller,
  clientIp: string | undefined,
): ForwardedExchange {
  const passed = Object.entries(headers).filter(([name]) => PASSED.includes(name) || name.startsWith('mcp-param-'));
  return {
    method,
    path,
    headers: Object.fromEntries(passed),
    body: body.toString('base64'),
    caller: {
      user,
      roles: [...roles],
      by,
      ...(issuer !== undefined && { issuer }),
      ...(keyId !== undefined && { keyId }),
      // Sealed, as the whole exchange is: the other replica has to exchange it, too.
      ...(token !== undefined && { token: token.reveal() }),
    },
    ...(clientIp !== undefined && { clientIp }),
    ...(trace !== undefined && { trace }),
  };
}

/** Who sends it, as the replica that answers sees it. */
export function callerOf({ caller: { roles, token, ...rest } }: ForwardedExchange): Caller {
  return { ...rest, roles: new Set(roles), ...(token !== undefined && { token: new CallerToken(token) }) };
}
