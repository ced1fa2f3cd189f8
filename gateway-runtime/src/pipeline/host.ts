import { isIP } from 'node:net';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { AuditTrail } from './audit.js';

/** The names by which a gateway is called. */
export class KnownHosts {
  private readonly names: ReadonlySet<string>;
  /** Values of `Host` that were let through, as they were sent; there are few, since their names are known. */
  private readonly seen = new Set<string>();

  /**
   * @param names host names, without ports
   * @param loopbackOnly whether the gateway listens on loopback alone, so that other addresses are not its own
   */
  public constructor(
    names: readonly string[],
    private readonly loopbackOnly: boolean,
  ) {
    this.names = new Set(names);
  }

  /**
   * Refuses a request for another host: a page whose name was bound anew, to the address of this gateway, is of the
   * same origin as it to a browser. Addresses cannot be bound to anything, and `localhost` is nobody else.
   *
   * @param host header of the request
   * @throws HttpProblem `host-refused`
   */
  public refuseOther(host: string | undefined, audit: AuditTrail): void {
    if (host !== undefined && (this.seen.has(host) || this.isOwn(host))) {
      if (this.seen.size < MOST_SEEN) this.seen.add(host);
      return;
    }
    audit.deny('host-refused');
    throw new HttpProblem('host-refused', 'This gateway is not known by that name.');
  }

  private isOwn(host: string): boolean {
    const hostname = URL.parse(`http://${host}`)?.hostname ?? '';
    if (!/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host)) return false;
    if (isLoopback(hostname) || this.names.has(hostname.replace(/\.$/, ''))) return true;
    return !this.loopbackOnly && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  }
}

const MOST_SEEN = 100;

/** Whether the name in a URL is the machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Whether an address that a server listens on can be reached from its own machine only. */
export function isLoopbackAddress(host: string | undefined): boolean {
  return host !== undefined && (host === '::1' || isLoopback(host));
}
