import { EventEmitter } from 'node:events';

/** Most sessions with subscriptions at one replica. */
const MAX_SESSIONS = 10_000;

/** Most resources of one session. */
const MAX_RESOURCES = 1_000;

/** Resources by the names of their servers; a server's URIs, and under which a client knows them. */
export type SubscribedResources = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * What clients with sessions have subscribed to at servers without, where nobody else keeps it. It belongs to the
 * replica that holds the session's stream.
 */
export class Subscriptions extends EventEmitter<Record<string, []>> {
  private readonly sessions = new Map<string, Map<string, Map<string, string>>>();

  public constructor() {
    super();
    this.setMaxListeners(0);
  }

  public of(session: string): SubscribedResources {
    return this.sessions.get(session) ?? new Map();
  }

  /** @returns whether there is room for it */
  public add(session: string, server: string, own: string, uri: string): boolean {
    const servers = this.sessions.get(session) ?? new Map<string, Map<string, string>>();
    const [oldest] = this.sessions.keys();
    if (!this.sessions.has(session) && this.sessions.size >= MAX_SESSIONS && oldest !== undefined) this.forget(oldest);
    const uris = servers.get(server) ?? new Map<string, string>();
    if (!uris.has(own) && uris.size >= MAX_RESOURCES) return false;
    uris.set(own, uri);
    servers.set(server, uris);
    this.sessions.set(session, servers);
    this.emit(session);
    return true;
  }

  public remove(session: string, server: string, own: string): void {
    this.sessions.get(session)?.get(server)?.delete(own);
    this.emit(session);
  }

  public forget(session: string): void {
    this.sessions.delete(session);
  }
}
