import type { Dispatcher } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { PeerNote } from './peers/peer-note.js';
import { HeldCalls } from './relay/held-calls.js';
import { InFlight } from './relay/in-flight.js';
import { PendingAsks } from './relay/pending-asks.js';
import { EndedSessions } from './session/ended-sessions.js';
import { LogLevels } from './session/log-levels.js';
import type { Seal } from './session/seal.js';
import { SessionIds } from './session/session-ids.js';
import type { ServerInfo } from './server-description.js';
import { OpenStreams } from './streams/open-streams.js';
import { SessionStreams } from './streams/session-streams.js';
import { Subscriptions } from './streams/subscriptions.js';
import { ToolChanges } from './streams/tool-changes.js';
import { ServerProfiles } from './upstream/server-profiles.js';
import { SessionPool } from './upstream/session-pool.js';
import { UpstreamClient } from './upstream/upstream-client.js';

/** What the exchanges of a gateway share, as long as it runs. */
export class McpServices {
  public readonly client: UpstreamClient;
  public readonly pool: SessionPool;
  public readonly profiles: ServerProfiles;
  public readonly sessions: SessionIds;
  public readonly ended = new EndedSessions();
  public readonly levels = new LogLevels();
  public readonly inFlight = new InFlight();
  public readonly changes = new ToolChanges();
  public readonly streams = new OpenStreams();
  public readonly sessionStreams = new SessionStreams();
  public readonly subscriptions = new Subscriptions();
  public readonly asks: PendingAsks;
  public readonly held: HeldCalls;

  /**
   * @param info who the gateway is to servers
   * @param self address of this replica, for the others
   */
  public constructor(
    dispatcher: Dispatcher,
    public readonly info: ServerInfo,
    public readonly seal: Seal,
    public readonly self: string,
  ) {
    this.client = new UpstreamClient(dispatcher);
    this.pool = new SessionPool(this.client);
    this.profiles = new ServerProfiles(this.client, this.pool, { clientInfo: { ...info }, capabilities: {} });
    this.sessions = new SessionIds(seal);
    this.asks = new PendingAsks(seal, self);
    this.held = new HeldCalls(seal, self);
  }

  /** Tells the other replicas something of a session. */
  public tellPeers(_note: PeerNote, _caller: Caller): void {}

  public close(): void {
    this.pool.close();
    this.held.close();
  }
}
