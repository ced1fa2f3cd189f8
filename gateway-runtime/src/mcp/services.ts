import type { UpstreamMetrics } from '../telemetry/upstream-metrics.js';
import type { PeerNote } from './peers/peer-note.js';
import type { Peers } from './peers/peers.js';
import { HeldCalls } from './relay/held-calls.js';
import { InFlight } from './relay/in-flight.js';
import { PendingAsks } from './relay/pending-asks.js';
import { EndedSessions } from './session/ended-sessions.js';
import { LogLevels } from './session/log-levels.js';
import type { Seal } from './session/seal.js';
import { SessionIds } from './session/session-ids.js';
import type { ServerInfo } from './server-description.js';
import { StandingStreams } from './streams/standing-streams.js';
import { SessionStreams } from './streams/session-streams.js';
import { Subscriptions } from './streams/subscriptions.js';
import { ToolChanges } from './streams/tool-changes.js';
import { ServerProfiles } from './upstream/server-profiles.js';
import { SessionPool } from './upstream/session-pool.js';

/** What the exchanges of a gateway share, as long as it runs. */
export class McpServices {
  public readonly pool: SessionPool;
  public readonly profiles: ServerProfiles;
  public readonly sessions: SessionIds;
  public readonly ended = new EndedSessions();
  public readonly levels = new LogLevels();
  public readonly inFlight = new InFlight();
  public readonly changes = new ToolChanges();
  public readonly streams = new StandingStreams();
  public readonly sessionStreams = new SessionStreams();
  public readonly subscriptions = new Subscriptions();
  public readonly asks: PendingAsks;
  public readonly held: HeldCalls;

  /** @param info who the gateway is to servers */
  public constructor(
    public readonly info: ServerInfo,
    public readonly seal: Seal,
    public readonly peers: Peers,
    public readonly upstreams: UpstreamMetrics,
  ) {
    this.pool = new SessionPool();
    this.profiles = new ServerProfiles(this.pool, { clientInfo: { ...info }, capabilities: {} });
    this.sessions = new SessionIds(seal);
    this.asks = new PendingAsks(seal, peers.self);
    this.held = new HeldCalls(seal, peers.self);
  }

  /** Takes what another replica tells of a session. */
  public take(note: PeerNote): void {
    if (note.kind === 'cancel') this.inFlight.cancel(note.session, note.requestId);
    else if (note.kind === 'level') this.levels.set(note.session, note.level);
    else if (note.kind === 'end') this.forget(note.session);
  }

  /** Forgets what this replica has of a session that has ended. */
  public forget(session: string): void {
    this.ended.add(session);
    this.sessionStreams.end(session);
    this.subscriptions.forget(session);
    this.levels.forget(session);
  }

  public close(): void {
    this.pool.close();
    this.held.close();
  }
}
