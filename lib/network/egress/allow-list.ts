import { createHash } from 'node:crypto';
import { distinctHosts, type HostRule } from './host-rule';

/** Ports that stand for allow lists: below the ephemeral ports that the proxy itself connects from. */
export const FIRST_LIST_PORT = 10_000;
export const LAST_LIST_PORT = 32_767;
/** Ports that a Squid listens on at most (MAXTCPLISTENPORTS). */
export const MOST_LISTS = 128;

/** What a set of workloads may reach through the proxy, and the port that stands for it. */
export interface AllowList {
  readonly port: number;
  readonly hosts: readonly HostRule[];
}

/**
 * The allow list of hosts. Its port is a hash of the list: lists never change the port of another, and a port never
 * comes to mean another list, since policies change at once and the proxy's file a minute later.
 *
 * @param salt moves all ports, for when two lists collide
 */
export function allowList(hosts: readonly HostRule[], salt: string): AllowList {
  const distinct = distinctHosts(hosts);
  const digest = createHash('sha256')
    .update(JSON.stringify([salt, distinct]))
    .digest();
  const span = LAST_LIST_PORT - FIRST_LIST_PORT + 1;
  return { port: FIRST_LIST_PORT + Number(digest.readBigUInt64BE() % BigInt(span)), hosts: distinct };
}

/** Identity of a list, to tell a collision of ports from the same list asked for twice. */
export function listKey({ hosts }: AllowList): string {
  return JSON.stringify(hosts);
}
