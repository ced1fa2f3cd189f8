import { detached } from '../upstream/call-context.js';
import { sendTo } from '../upstream/send-to.js';
import { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { modernMessage } from '../upstream/modern-message.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { isNotification, isObject, type JsonObject } from '../wire/json-rpc.js';
import { FLAG_OF, filterIn, isAskedFor, type SubscriptionFilter } from './filter.js';
import { Pause } from './pause.js';

/** No time limit that counts: the longest that a timer can have, in milliseconds. */
export const FOREVER_MS = 2_147_483_647;

/** Takes what servers tell. A promise holds up the server. */
export interface Listener {
  /** Told once with each connection what the server will tell. */
  acknowledged?(filter: SubscriptionFilter): void;
  told(notification: JsonObject): Promise<void> | undefined;
}

/**
 * Listens to a server without sessions until it is aborted. After a break it listens anew, and says that all lists may
 * have changed meanwhile.
 *
 * @param filter with the server's own URIs
 */
export async function followModern(
  exchange: McpExchange,
  backend: ServerBackend,
  filter: SubscriptionFilter,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const pause = new Pause();
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      await listenOnce(exchange, backend, filter, signal, {
        acknowledged: (honoured) => {
          pause.reset();
          listener.acknowledged?.(honoured);
          if (!isFirst) for (const notice of missed(honoured)) void listener.told(notice);
        },
        told: (notification) => listener.told(notification),
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof UpstreamUnavailableError)) throw error;
      const fields = { event: 'listen-broken', server: backend.target.name, reason: error.message };
      exchange.context.log.info(fields, 'a server is not listened to now');
      listener.acknowledged?.({});
    }
    await pause.wait(signal);
  }
}

async function listenOnce(
  { services, caller, client, context }: McpExchange,
  backend: ServerBackend,
  filter: SubscriptionFilter,
  signal: AbortSignal,
  listener: Required<Listener>,
): Promise<void> {
  const deadline = new Deadline(FOREVER_MS, signal);
  const id = context.requestId;
  const sender = { clientInfo: { ...services.info }, capabilities: backend.shown(client.capabilities) };
  const message = modernMessage({ id, method: 'subscriptions/listen', params: { notifications: filter } }, sender);
  try {
    await sendTo(backend.target, {
      ...message,
      id,
      caller,
      context: detached(context, signal),
      deadline,
      onMessage: ({ value }) => {
        if (!isNotification(value)) return undefined;
        if (value.method === 'notifications/subscriptions/acknowledged') {
          return void listener.acknowledged(filterIn(value.params?.notifications) ?? {});
        }
        return isAskedFor({ ...value }, filter) ? listener.told({ ...value }) : undefined;
      },
    });
  } finally {
    deadline.clear();
  }
}

/** Notices that lists may have changed. */
function missed(filter: SubscriptionFilter): JsonObject[] {
  const lists = [...FLAG_OF]
    .filter(([, flag]) => filter[flag] === true)
    .map(([method]) => ({ jsonrpc: '2.0', method }));
  const resources = (filter.resourceSubscriptions ?? []).map((uri) => ({
    jsonrpc: '2.0',
    method: 'notifications/resources/updated',
    params: { uri },
  }));
  return [...lists, ...resources];
}

/** A notification with another URI, if it has one. */
export function withUri(notification: JsonObject, rename: (uri: string) => string): JsonObject {
  const { params } = notification;
  if (!isObject(params) || typeof params.uri !== 'string') return notification;
  return { ...notification, params: { ...params, uri: rename(params.uri) } };
}
