import type { AuditedContext } from '../pipeline/audit.js';
import type { ServerInfo } from './server-description.js';
import type { ToolDirectory } from './tool-directory.js';
import type { ToolRequest } from './tool-request.js';
import type { McpUpstream } from './upstream.js';

/** What the messages of one POST are answered with. */
export interface McpExchange {
  readonly era: 'modern' | 'legacy';
  readonly serverInfo: ServerInfo;
  /** The same as JSON. */
  readonly serverInfoJson: Buffer;
  readonly directory: ToolDirectory;
  readonly upstream: McpUpstream;
  /** What goes along to toolsets. */
  readonly request: ToolRequest;
  readonly context: AuditedContext;
}
