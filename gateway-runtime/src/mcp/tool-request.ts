import type { Caller } from '../auth/caller.js';
import type { UpstreamIdentity } from '../identity/upstream-identity.js';
import type { AuditedContext } from '../pipeline/audit.js';

/** What goes along with a client's request on its way to toolsets: who asks, and how the gateway shows it. */
export interface ToolRequest {
  readonly caller: Caller;
  readonly identity: UpstreamIdentity;
  readonly context: AuditedContext;
}
