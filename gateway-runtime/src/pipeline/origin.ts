import type { IncomingHttpHeaders } from 'node:http';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { AuditTrail } from './audit.js';

/**
 * Refuses what a browser sends for a page of another origin (MCP, Streamable HTTP, "Security Warning").
 * Requests without `Origin` come from no browser and pass.
 *
 * @param loopbackOnly whether the gateway listens on loopback alone: then a name that was rebound to loopback is
 *   foreign too, although `Host` agrees with it
 * @throws HttpProblem `origin-refused`
 */
export function refuseForeignOrigin(headers: IncomingHttpHeaders, loopbackOnly: boolean, audit: AuditTrail): void {
  if (headers.origin === undefined) return;
  const origin = URL.parse(headers.origin);
  // Read with the origin's scheme, so that its default port is left out of both.
  const own = origin === null ? null : URL.parse(`${origin.protocol}//${headers.host ?? ''}`);
  if (origin !== null && own !== null && /^https?:$/.test(origin.protocol)) {
    if (isLoopback(origin.hostname) && isLoopback(own.hostname)) return;
    if (!loopbackOnly && origin.host === own.host) return;
  }
  audit.deny('origin-refused');
  throw new HttpProblem('origin-refused', 'Pages of other origins may not call this gateway.');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Whether an address that a server listens on can be reached from its own machine only. */
export function isLoopbackAddress(host: string | undefined): boolean {
  return host !== undefined && (host === '::1' || isLoopback(host));
}
