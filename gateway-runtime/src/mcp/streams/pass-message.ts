import type { McpExchange } from '../exchange.js';
import { eventIdOf, type EventPlace } from '../relay/event-ids.js';
import { passMarks } from '../relay/forward-in-session.js';
import { refusalOf } from '../relay/held-call.js';
import { relayedNotification, relayedRequest } from '../relay/notifications.js';
import { renamed } from '../relay/renamed-resource.js';
import { sendInSession } from '../relay/session-call.js';
import type { McpReply } from '../reply.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import { isRequest } from '../wire/json-rpc.js';
import type { SessionFeed } from './follow-session.js';

/**
 * Passes a notification or a request of a server on to the client that listens.
 *
 * @param place where in the stream it is
 * @returns absent if the client takes more, else what resolves when it does
 */
export function passMessage(
  exchange: McpExchange,
  { backend, session }: Pick<SessionFeed, 'backend' | 'session'>,
  message: UpstreamMessage,
  place: EventPlace | undefined,
  reply: McpReply,
): Promise<void> | undefined {
  const { client, caller, context } = exchange;
  const { value, retry } = message;
  const marks = { ...(place !== undefined && { id: eventIdOf(place) }), ...(retry !== undefined && { retry }) };
  if (isRequest(value)) {
    const refusal = refusalOf(value, backend);
    if (refusal === undefined) return reply.notify(relayedRequest(message, backend.target.name) ?? '', marks);
    const refused = sendInSession(backend.target, session, refusal, { caller, context });
    return refused.then(() => passMarks(reply, marks));
  }
  const text = relayedNotification(renamed(message, exchange, backend), client, backend.target.name);
  return text === undefined ? passMarks(reply, marks) : reply.notify(text, marks);
}
