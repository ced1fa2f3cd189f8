import type { IncomingMessage } from 'node:http';
import {
  auditRefusal,
  CallerCheck,
  HttpProblem,
  traceParentOf,
  type Logger,
  type RequestContext,
  type TrustStore,
} from '@agentyard/runtime-kit';
import { localhostAllowedOrigins, validateOriginHeader } from '@modelcontextprotocol/server';
import { TIME_LEFT_HEADER, timeFor, type ToolsetDocument } from 'agentyard/contract';
import type { ToolsetCaller } from './tool-access.js';

/** A request that was let in. */
export interface AdmittedRequest {
  readonly context: RequestContext;
  readonly by: ToolsetCaller;
  /** The trace that it belongs to, by what its sender says. */
  readonly traceId: string | undefined;
  /** How long the caller waits, in milliseconds; without end if it does not say. */
  readonly leftMs: number;
}

/** Lets in who calls a toolset. */
export class ToolsetCallers {
  private readonly check: CallerCheck<ToolsetCaller['caller']>;

  public constructor(trust: TrustStore, identity: ToolsetDocument['identity']) {
    this.check = new CallerCheck(trust, identity);
  }

  /** @throws HttpProblem `origin-refused`, and what says that the caller or its user is not known */
  public async admit({ headers }: IncomingMessage, context: RequestContext): Promise<AdmittedRequest> {
    // Nothing that runs in a browser has business here: that is how DNS rebinding is kept out (MCP, transports).
    if (!validateOriginHeader(headers.origin, localhostAllowedOrigins()).ok) {
      throw new HttpProblem('origin-refused', 'Leave the Origin header out.');
    }
    const by = await auditRefusal(context, () => this.check.check(headers));
    const traceId = traceParentOf(headers)?.traceId;
    context.annotate({ caller: by.caller.name, user: by.user?.sub, traceId });
    return { context, by, traceId, leftMs: timeFor(headers[TIME_LEFT_HEADER], Infinity) };
  }
}

/** The log of a call: its lines say who calls, for whom and how. */
export function logOf({ context, by, traceId }: AdmittedRequest, method: string): Logger {
  return context.log.child({ method, caller: by.caller.name, user: by.user?.sub, traceId });
}
