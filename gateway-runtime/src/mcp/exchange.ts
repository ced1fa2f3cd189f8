import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../auth/caller.js';
import type { Overload } from '../overload/overload.js';
import type { AuditedContext } from '../pipeline/audit.js';
import type { ClientSide } from './client-side.js';
import type { Catalog } from './federation/catalog.js';
import type { ServerInfo } from './server-description.js';
import type { McpServices } from './services.js';

/** What the messages of one request are answered with. */
export interface McpExchange {
  readonly client: ClientSide;
  /** Path of the endpoint. */
  readonly path: string;
  readonly catalog: Catalog;
  readonly services: McpServices;
  readonly serverInfo: ServerInfo;
  /** The same as JSON. */
  readonly serverInfoJson: string;
  readonly caller: Caller;
  /** Gates before the backends. */
  readonly overload: Overload;
  readonly headers: IncomingHttpHeaders;
  /** The body, as it was sent. */
  readonly body: Buffer;
  readonly context: AuditedContext;
  /** Counts a stream that lasts until its client leaves. @throws HttpProblem when there are too many */
  countStream(): void;
  /**
   * Has the replica that holds something answer the whole request. Returns if it is this one, or is not there.
   *
   * @param owner what it is called
   * @throws AnsweredElsewhere when it has answered
   */
  toOwner(owner: string): Promise<void>;
}
