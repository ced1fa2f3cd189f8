import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { GatewayDocument } from 'agentyard/contract';

type TrustedProxiesConfig = NonNullable<GatewayDocument['trustedProxies']>;

/** Proxies in front of the gateway, which are believed who the client is. */
export class TrustedProxies {
  private readonly blocks = new BlockList();
  private readonly header: TrustedProxiesConfig['header'];

  public constructor({ cidrs, header }: TrustedProxiesConfig) {
    this.header = header;
    for (const cidr of cidrs) {
      const [address = '', prefix = ''] = cidr.split('/');
      this.blocks.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /**
   * The address of the client: the first from the right that is of no trusted proxy, as each proxy adds who called it
   * at the end. What stands left of something that is no address nobody vouches for; then the proxy itself counts.
   *
   * @param peer address of the connection's other end
   */
  public clientOf(peer: string, headers: IncomingHttpHeaders): string {
    let client = peer;
    if (!this.trusts(client)) return client;
    const text = headers[this.header];
    const hops = String(text ?? '').split(',');
    for (const hop of hops.reverse()) {
      const address = addressOf(this.header === 'forwarded' ? forOf(hop) : hop);
      if (address === undefined) return client;
      client = address;
      if (!this.trusts(client)) return client;
    }
    return client;
  }

  /**
   * Whether the client’s own connection is HTTPS, as the proxy that it ends at says.
   *
   * @param peer address of the connection's other end
   */
  public isSecure(peer: string, headers: IncomingHttpHeaders): boolean {
    if (!this.trusts(peer)) return false;
    const text = String((this.header === 'forwarded' ? headers.forwarded : headers['x-forwarded-proto']) ?? '');
    const last = text.split(',').at(-1) ?? '';
    return (
      (this.header === 'forwarded' ? (/(?:^|;)\s*proto\s*=\s*"?(\w+)/i.exec(last)?.[1] ?? '') : last).trim() === 'https'
    );
  }

  /** Whether an address is of such a proxy. */
  public trusts(address: string): boolean {
    return isIP(address) !== 0 && this.blocks.check(address, familyOf(address));
  }
}

/** An IPv4 address of a socket that takes both families, in its own form (RFC 4291, 2.5.5.2). */
export function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The parameter `for` of an element of `Forwarded` (RFC 7239, 4). */
function forOf(element: string): string {
  const pair = element.split(';').find((part) => /^\s*for\s*=/i.test(part));
  return (
    pair
      ?.replace(/^[^=]*=/, '')
      .trim()
      .replace(/^"(.*)"$/, '$1') ?? ''
  );
}

/** Address of `1.2.3.4`, `1.2.3.4:5678`, `fd00::1`, `[fd00::1]` or `[fd00::1]:5678`; nothing of anything else. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim();
  const [, bracketed, dotted] = /^(?:\[([0-9a-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/i.exec(text) ?? [];
  const address = plainAddress(bracketed ?? dotted ?? text) ?? '';
  if (isIP(address) === 0 || address.includes('%') || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    return undefined;
  }
  return address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
