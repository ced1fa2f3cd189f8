import { detached } from './call-context.js';
import { Deadline } from '../../deadline.js';
import type { ClientSide } from '../client-side.js';
import { PerContext } from '../federation/authorization-context.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import type { ServerDescription, SessionOpening } from './legacy-session.js';
import { modernMessage, type ModernSender } from './modern-message.js';
import type { SessionPool } from './session-pool.js';
import { UpstreamUnavailableError } from './unavailable.js';
import { MODERN_REVISIONS } from '../wire/revision.js';
import { sendTo, type OnBehalf } from './send-to.js';

/** In which era a server is asked, and what it says of itself. */
export interface ServerProfile extends ServerDescription {
  readonly era: 'modern' | 'legacy';
}

/** How long what a server says of itself counts, in milliseconds. */
const FRESH_MS = 60_000;

interface Known {
  readonly profile: Promise<ServerProfile>;
  readonly until: number;
}

/**
 * Finds out what servers are: by `server/discover` (MCP 2026-07-28), else by `initialize`. What one says to a user is kept for
 * that user.
 */
export class ServerProfiles {
  private readonly known = new WeakMap<ServerBackend, PerContext<Known>>();

  public constructor(
    private readonly pool: SessionPool,
    private readonly own: ModernSender,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws UpstreamUnavailableError */
  public profileOf(backend: ServerBackend, side: ClientSide, behalf: OnBehalf): Promise<ServerProfile> {
    const context = backend.contextOf(behalf.caller);
    const all = this.known.get(backend) ?? new PerContext();
    const known = all.get(context);
    if (known !== undefined && this.now() < known.until) return known.profile;
    const profile = this.find(backend, side, behalf);
    this.known.set(backend, all);
    all.set(context, { profile, until: this.now() + FRESH_MS });
    profile.catch(() => all.delete(context));
    return profile;
  }

  /** How a session at a server is opened for a client. */
  public openingFor(backend: ServerBackend, side: ClientSide, behalf: OnBehalf): SessionOpening {
    return {
      ...behalf,
      clientInfo: side.info ?? this.own.clientInfo,
      capabilities: backend.shown(side.capabilities),
      timeoutMs: backend.target.listTimeoutMs,
    };
  }

  private async find(backend: ServerBackend, side: ClientSide, { caller, context }: OnBehalf): Promise<ServerProfile> {
    // Others may wait for the same answer when the client that is first leaves.
    const behalf = { caller, context: detached(context) };
    const discovered = await this.discover(backend, behalf);
    if (discovered !== undefined) return { era: 'modern', ...discovered };
    const { description } = await this.pool.sessionFor(backend.target, this.openingFor(backend, side, behalf));
    return { era: 'legacy', ...description };
  }

  /** Absent for a server that does not speak a revision without sessions. */
  private async discover({ target }: ServerBackend, behalf: OnBehalf): Promise<ServerDescription | undefined> {
    const deadline = new Deadline(target.listTimeoutMs, behalf.context.departure);
    const id = behalf.context.requestId;
    try {
      const message = modernMessage({ id, method: 'server/discover', params: {} }, this.own);
      const { answer } = await sendTo(target, { ...message, ...behalf, id, deadline });
      return descriptionIn(answer?.message);
    } catch (error) {
      if (!(error instanceof UpstreamUnavailableError) || !error.hasAnswered) throw error;
      return undefined;
    } finally {
      deadline.clear();
    }
  }
}

function descriptionIn(message: JsonObject | undefined): ServerDescription | undefined {
  const result = message?.result;
  if (!isObject(result) || !Array.isArray(result.supportedVersions)) return undefined;
  if (!result.supportedVersions.some((revision) => MODERN_REVISIONS.includes(revision as string))) return undefined;
  const { capabilities, instructions } = result;
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    ...(typeof instructions === 'string' && { instructions }),
  };
}
