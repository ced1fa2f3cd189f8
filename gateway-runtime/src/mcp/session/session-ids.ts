import type { Caller } from '../../auth/caller.js';
import { ERROR_CODES, RpcError } from '../wire/json-rpc.js';
import { heldSessions, type ClientSession, type HeldSession } from './client-session.js';
import type { Seal } from './seal.js';

/** Longest id of a session, in characters: servers take headers of 8 kB and more. */
const MAX_ID_LENGTH = 4_096;

/** After this time a session is over, in seconds. */
const MAX_AGE_S = 86_400;

/** Sessions that are known already: to open an id costs more than to find it. */
const MAX_KNOWN = 10_000;

type Packed = readonly [
  key: string,
  revision: string,
  capabilities: Readonly<Record<string, unknown>>,
  home: string,
  since: number,
  held: readonly (readonly [name: string, origin: string, id: string | null, revision: string])[],
];

/** A session whose id was opened. */
interface Known {
  readonly session: ClientSession;
  readonly bound: string;
  /** Who came with it, and where: mostly the same again. Absent for one who carries a token, which is not kept. */
  readonly caller: Caller | undefined;
  readonly path: string;
  readonly keyId: Buffer;
}

/** Ids of sessions: the session itself, encrypted, and bound to its user and path. */
export class SessionIds {
  private readonly known = new Map<string, Known>();

  public constructor(
    private readonly seal: Seal,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The id of a session. If it would be too long, sessions at servers are left out, those with the longest ids first.
   *
   * @returns the session that the id has, too
   * @throws RpcError -32602 if even the client's capabilities alone are too long
   */
  public idOf(
    session: ClientSession,
    caller: Caller,
    path: string,
  ): { readonly id: string; readonly session: ClientSession } {
    const held = Object.entries(session.held);
    for (;;) {
      const fitting = { ...session, held: heldSessions(held) };
      const id = this.seal.close(JSON.stringify(packed(fitting)), boundTo(caller, path));
      if (id.length <= MAX_ID_LENGTH) return { id, session: fitting };
      if (held.length === 0) {
        throw new RpcError(ERROR_CODES.invalidParams, 'params.capabilities is too long: send what servers use alone');
      }
      const sizes = held.map((each) => JSON.stringify(each).length);
      held.splice(sizes.indexOf(Math.max(...sizes)), 1);
    }
  }

  /** The session of an id; absent if it is none, of somebody else, or too old. */
  public sessionOf(id: string, caller: Caller, path: string): ClientSession | undefined {
    if (id.length > MAX_ID_LENGTH) return undefined;
    const known = this.known.get(id);
    const session =
      known !== undefined && this.seal.hasKey(known.keyId)
        ? sessionFor(caller, path, known)
        : this.opened(id, caller, path);
    return session === undefined || session.since + MAX_AGE_S < this.now() / 1000 ? undefined : session;
  }

  private opened(id: string, caller: Caller, path: string): ClientSession | undefined {
    const bound = boundTo(caller, path);
    const text = this.seal.open(id, bound);
    if (text === undefined) return undefined;
    const session = unpacked(JSON.parse(text) as Packed);
    const known = caller.token === undefined ? caller : undefined;
    this.keep(id, { session, bound, caller: known, path, keyId: this.seal.keyIdOf(id) });
    return session;
  }

  /** The oldest goes: a Map keeps the order in which its members came. */
  private keep(id: string, known: Known): void {
    const [oldest] = this.known.keys();
    if (this.known.size >= MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
    this.known.set(id, known);
  }
}

/** Absent for somebody else. */
function sessionFor(caller: Caller, path: string, known: Known): ClientSession | undefined {
  if (known.caller === caller && known.path === path) return known.session;
  return known.bound === boundTo(caller, path) ? known.session : undefined;
}

/** Who a session is for: the same user may come with another token or key. */
function boundTo({ user, issuer, by }: Caller, path: string): string {
  return JSON.stringify(['session', path, by === 'access-token' ? (issuer ?? null) : by, user]);
}

function packed({ key, revision, capabilities, home, since, held }: ClientSession): Packed {
  const sessions = Object.entries(held).map(
    ([name, { origin, id, revision: theirs }]) => [name, origin, id ?? null, theirs] as const,
  );
  return [key, revision, capabilities, home, since, sessions];
}

function unpacked([key, revision, capabilities, home, since, sessions]: Packed): ClientSession {
  const held = sessions.map(([name, origin, id, theirs]): [string, HeldSession] => [
    name,
    { origin, ...(id !== null && { id }), revision: theirs },
  ]);
  return { key, revision, capabilities, home, since, held: heldSessions(held) };
}
