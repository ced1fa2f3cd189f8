import type { IncomingHttpHeaders } from 'node:http';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { AuditTrail } from './audit.js';
import { isLoopback } from './host.js';

/** Whose pages may call a gateway from a browser. */
export interface OriginPolicy {
  /** Origins that the document names. */
  readonly declared: ReadonlySet<string>;
  /** Whether the gateway listens on loopback alone: then pages of its machine may, and those of its `Host` may not. */
  readonly loopbackOnly: boolean;
}

/**
 * Refuses what a browser sends for a page of another origin (MCP, Streamable HTTP, "Security Warning").
 * Requests without `Origin` come from no browser and pass.
 *
 * @throws HttpProblem `origin-refused`
 */
export function refuseForeignOrigin(headers: IncomingHttpHeaders, policy: OriginPolicy, audit: AuditTrail): void {
  if (headers.origin === undefined || policy.declared.has(headers.origin)) return;
  const origin = URL.parse(headers.origin);
  // Read with the origin's scheme, so that its default port is left out of both.
  const own = origin === null ? null : URL.parse(`${origin.protocol}//${headers.host ?? ''}`);
  if (origin !== null && own !== null && /^https?:$/.test(origin.protocol)) {
    if (isLoopback(origin.hostname) && isLoopback(own.hostname)) return;
    if (!policy.loopbackOnly && origin.host === own.host) return;
  }
  audit.deny('origin-refused');
  throw new HttpProblem('origin-refused', 'Pages of other origins may not call this gateway.');
}
