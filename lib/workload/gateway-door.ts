import { isIP } from 'node:net';
import { cidrFault } from '../network/cidr';
import type { SynthFault } from '../errors/synth-error';
import { serviceHost, type WorkloadName } from './names';

const HOSTNAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What is wrong with an origin that pages may have; nothing for one as browsers write it. */
export function originFault(origin: string): SynthFault | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url !== undefined && url.origin === origin && /^https?:$/.test(url.protocol)) return undefined;
  const proper = url !== undefined && /^https?:$/.test(url.protocol) ? url.origin : 'https://app.example.com';
  return {
    message: `allowedOrigins has "${origin}", which is no origin as browsers send it`,
    remedy: `Give scheme, host and a port that is not the usual one: ${proper}`,
  };
}

/** What is wrong with a name by which clients call a gateway. */
export function hostnameFault(hostname: string): SynthFault | undefined {
  if (HOSTNAME.test(hostname) && hostname.length <= 253 && isIP(hostname) === 0) return undefined;
  return {
    message: `hostnames has "${hostname}"`,
    remedy: 'Give a host name in small letters, without scheme and port: mcp.example.com; addresses need not be named',
  };
}

/** What is wrong with a block of addresses of proxies. */
export function proxyFault(cidr: string): SynthFault | undefined {
  const fault = cidrFault(cidr);
  if (fault !== undefined) return { ...fault, message: `trustedProxies: ${fault.message}` };
  if (!cidr.endsWith('/0')) return undefined;
  return {
    message: `trustedProxies has ${cidr}, so everybody would be believed who the client is`,
    remedy: 'Give the addresses of the proxies alone, for example 10.1.0.0/16',
  };
}

/** Names of a gateway's Service, as pods of its namespace and of others call it. */
export function serviceNames(id: WorkloadName, clusterDomain: string): string[] {
  const service = serviceHost(id);
  return [id.name, `${id.name}.${id.namespace}`, service, `${service}.${clusterDomain}`];
}

/**
 * Names by which a gateway is called: that of its public URL, those of its Service, and those that are given.
 *
 * @param publicHost host of its public URL, with a port if it has one
 */
export function hostsOf(
  id: WorkloadName,
  clusterDomain: string,
  publicHost: string | undefined,
  given: readonly string[],
): string[] {
  const known = publicHost?.replace(/:\d+$/, '');
  const names = [...(known === undefined ? [] : [known]), ...given, ...serviceNames(id, clusterDomain)];
  // Addresses and `localhost` are known anyway.
  return [...new Set(names)].filter((name) => hostnameFault(name) === undefined && name !== 'localhost');
}
