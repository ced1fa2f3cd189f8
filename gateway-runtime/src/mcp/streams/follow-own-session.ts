import { detached } from '../upstream/call-context.js';
import { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { callInSession } from '../relay/session-call.js';
import { refusalOf } from '../relay/held-call.js';
import { sendInSession } from '../relay/session-call.js';
import { endSession, openSession, type OpenedSession } from '../upstream/legacy-session.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { isNotification, isObject, isRequest } from '../wire/json-rpc.js';
import { isAskedFor, type SubscriptionFilter } from './filter.js';
import type { Listener } from './follow-modern.js';
import { followSession } from './follow-session.js';
import { Pause } from './pause.js';

/** Listens to a server with sessions, in one of its own, for a client without. As `followModern`. */
export async function followOwnSession(
  exchange: McpExchange,
  backend: ServerBackend,
  filter: SubscriptionFilter,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const { services, client, caller, context } = exchange;
  const behalf = { caller, context: detached(context, signal) };
  const pause = new Pause();
  while (!signal.aborted) {
    let session: OpenedSession | undefined;
    try {
      const opening = services.profiles.openingFor(backend, { ...client, capabilities: {} }, behalf);
      session = await openSession(backend.target, opening);
      listener.acknowledged?.(await subscribed(exchange, backend, session, filter, signal));
      pause.reset();
      const feed = session;
      await followSession(
        exchange,
        { backend, session },
        ({ value }) => {
          // Its client is not there to be asked, as the capabilities of the session say.
          if (isRequest(value)) return sendInSession(backend.target, feed, refusalOf(value), behalf);
          return isNotification(value) && isAskedFor({ ...value }, filter) ? listener.told({ ...value }) : undefined;
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof UpstreamUnavailableError)) throw error;
      listener.acknowledged?.({});
    } finally {
      if (session !== undefined) {
        const last = { caller, context: detached(context) };
        void endSession(backend.target, session, last).catch(() => undefined);
      }
    }
    await pause.wait(signal);
  }
}

/** Subscribes to resources. @returns what the server will tell */
async function subscribed(
  { caller, context }: McpExchange,
  { target }: ServerBackend,
  session: OpenedSession,
  filter: SubscriptionFilter,
  signal: AbortSignal,
): Promise<SubscriptionFilter> {
  const uris: string[] = [];
  for (const uri of filter.resourceSubscriptions ?? []) {
    const deadline = new Deadline(target.listTimeoutMs, signal);
    const call = { session, id: `subscribe-${uris.length}`, method: 'resources/subscribe', params: { uri }, deadline };
    try {
      const answer = await callInSession(target, {
        ...call,
        caller,
        context,
        resumes: true,
        onMessage: () => undefined,
      });
      if (isObject(answer?.message.result)) uris.push(uri);
    } finally {
      deadline.clear();
    }
  }
  const { tools, prompts, resources } = session.description.capabilities;
  return {
    ...(filter.toolsListChanged === true && changes(tools) && { toolsListChanged: true }),
    ...(filter.promptsListChanged === true && changes(prompts) && { promptsListChanged: true }),
    ...(filter.resourcesListChanged === true && changes(resources) && { resourcesListChanged: true }),
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
  };
}

function changes(capability: unknown): boolean {
  return isObject(capability) && capability.listChanged === true;
}
