import { isObject, type JsonObject } from './json-rpc.js';

/** Members of `_meta` with which each message of MCP 2026-07-28 says who sends it. */
export const ENVELOPE = {
  revision: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
} as const;

/** Member of `_meta` of requests: from which level on log messages are wanted. */
export const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** Members of `_meta` of results. */
export const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
export const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** What is wrong with an envelope. */
export interface EnvelopeFault {
  readonly key: string;
  readonly problem: string;
}

/** `_meta` of parameters, if they have one. */
export function metaOf(params: unknown): JsonObject | undefined {
  return isObject(params) && isObject(params._meta) ? params._meta : undefined;
}

/** Whether a message says that it is of a revision without sessions. */
export function hasEnvelope(params: unknown): boolean {
  const meta = metaOf(params);
  return meta !== undefined && Object.hasOwn(meta, ENVELOPE.revision);
}

/** The revision that an envelope names. */
export function revisionOf(params: unknown): string | undefined {
  const revision = metaOf(params)?.[ENVELOPE.revision];
  return typeof revision === 'string' ? revision : undefined;
}

/** The first thing that is wrong with the envelope of a request, in the order of its members. */
export function envelopeFault(meta: JsonObject): EnvelopeFault | undefined {
  const { revision, clientInfo, clientCapabilities } = ENVELOPE;
  for (const key of [revision, clientCapabilities]) if (!Object.hasOwn(meta, key)) return { key, problem: 'missing' };
  if (typeof meta[revision] !== 'string') return { key: revision, problem: 'must be a text' };
  if (!isObject(meta[clientCapabilities])) return { key: clientCapabilities, problem: 'must be an object' };
  if (!Object.hasOwn(meta, clientInfo)) return undefined;
  const info = meta[clientInfo];
  if (isObject(info) && typeof info.name === 'string' && typeof info.version === 'string') return undefined;
  return { key: clientInfo, problem: 'must be an object with the texts "name" and "version"' };
}
