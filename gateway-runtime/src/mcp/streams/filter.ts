import { isObject, type JsonObject } from '../wire/json-rpc.js';

/** What a client wants to be told of (MCP 2026-07-28, Subscriptions). */
export interface SubscriptionFilter {
  readonly toolsListChanged?: boolean;
  readonly promptsListChanged?: boolean;
  readonly resourcesListChanged?: boolean;
  /** URIs. */
  readonly resourceSubscriptions?: readonly string[];
}

const FLAGS = ['toolsListChanged', 'promptsListChanged', 'resourcesListChanged'] as const;

/** Most resources of one filter. */
const MAX_RESOURCES = 1_000;

/** The flag of a notification that a list has changed. */
export const FLAG_OF: ReadonlyMap<string, (typeof FLAGS)[number]> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
]);

/** Reads a filter; absent if it is none. Members that it should not have are left out. */
export function filterIn(value: unknown): SubscriptionFilter | undefined {
  if (!isObject(value)) return undefined;
  if (!FLAGS.every((flag) => value[flag] === undefined || typeof value[flag] === 'boolean')) return undefined;
  const { resourceSubscriptions: uris } = value;
  if (uris !== undefined && !(Array.isArray(uris) && uris.length <= MAX_RESOURCES && uris.every(isString)))
    return undefined;
  const set = FLAGS.filter((flag) => value[flag] === true).map((flag) => [flag, true] as const);
  return { ...Object.fromEntries(set), ...(uris !== undefined && { resourceSubscriptions: uris }) };
}

/** Both. */
export function joined(one: SubscriptionFilter, other: SubscriptionFilter): SubscriptionFilter {
  const set = FLAGS.filter((flag) => one[flag] === true || other[flag] === true).map((flag) => [flag, true] as const);
  const uris = [...new Set([...(one.resourceSubscriptions ?? []), ...(other.resourceSubscriptions ?? [])])];
  return { ...Object.fromEntries(set), ...(uris.length > 0 && { resourceSubscriptions: uris }) };
}

/** Whether a notification is one that a filter asks for. */
export function isAskedFor({ method, params }: JsonObject, filter: SubscriptionFilter): boolean {
  const flag = FLAG_OF.get(String(method));
  if (flag !== undefined) return filter[flag] === true;
  if (method !== 'notifications/resources/updated') return false;
  const uri = isObject(params) ? params.uri : undefined;
  return (
    typeof uri === 'string' &&
    filter.resourceSubscriptions !== undefined &&
    filter.resourceSubscriptions.some((each) => isPartOf(uri, each))
  );
}

/** A server may tell of a part of a resource that is subscribed to (MCP, Resources). */
function isPartOf(uri: string, subscribed: string): boolean {
  return uri === subscribed || uri.startsWith(subscribed.endsWith('/') ? subscribed : `${subscribed}/`);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
