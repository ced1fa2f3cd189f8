/** The session that a server of the legacy era has opened for a session of ours. */
export interface HeldSession {
  /** Where it is held. */
  readonly origin: string;
  /** Absent for a server that has none. */
  readonly id?: string;
  readonly revision: string;
}

/** Most sessions hold none. */
const NONE: Readonly<Record<string, HeldSession>> = Object.freeze(Object.create(null) as Record<string, HeldSession>);

/** Sessions by the names of their servers. A server may be called like a member that every object has. */
export function heldSessions(
  sessions: readonly (readonly [server: string, session: HeldSession])[],
): Readonly<Record<string, HeldSession>> {
  if (sessions.length === 0) return NONE;
  return Object.assign(Object.create(null) as Record<string, HeldSession>, Object.fromEntries(sessions));
}

/** A session of a client of the legacy era. All of it is in its id, so that every replica knows it. */
export interface ClientSession {
  /** Tells it from others; for logs and for what replicas tell each other. */
  readonly key: string;
  readonly revision: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What the replica is called that holds what hangs on a connection. */
  readonly home: string;
  /** Sessions at servers, by their names. */
  readonly held: Readonly<Record<string, HeldSession>>;
  /** When it began, in seconds since 1970. */
  readonly since: number;
}
