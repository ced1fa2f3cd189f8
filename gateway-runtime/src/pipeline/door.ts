import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { GatewayDocument } from 'agentyard/contract';
import type { AuditTrail } from './audit.js';
import { plainAddress, TrustedProxies } from './client-address.js';
import { BrowserAccess } from './cors.js';
import { KnownHosts } from './host.js';
import { refuseForeignOrigin, type OriginPolicy } from './origin.js';

/** What a request has to pass before anybody asks who sends it. */
export class Door {
  public readonly browsers: BrowserAccess;
  private readonly hosts: KnownHosts;
  private readonly origins: OriginPolicy;
  private readonly proxies: TrustedProxies | undefined;
  private readonly publicUrl: string | undefined;

  /** @param loopbackOnly whether the gateway can be reached from its own machine only */
  public constructor(document: GatewayDocument, loopbackOnly: boolean) {
    const { allowedOrigins, hosts, trustedProxies, auth } = document;
    const declared = new Set(allowedOrigins);
    this.browsers = new BrowserAccess(declared);
    this.origins = { declared, loopbackOnly };
    const known =
      auth.mode === 'credentials' && auth.resource !== undefined ? [new URL(auth.resource.url).hostname] : [];
    this.hosts = new KnownHosts([...hosts, ...known], loopbackOnly);
    this.publicUrl = auth.mode === 'credentials' ? auth.resource?.url.replace(/\/+$/, '') : undefined;
    this.proxies = trustedProxies && new TrustedProxies(trustedProxies);
  }

  /** Whether the other end of a connection is a proxy that is believed what it says. */
  public isTrustedProxy({ socket }: IncomingMessage): boolean {
    return this.proxies?.trusts(plainAddress(socket.remoteAddress) ?? '') ?? false;
  }

  /** The address of the client, as far as somebody vouches for it. */
  public clientOf({ socket, headers }: IncomingMessage): string | undefined {
    const peer = plainAddress(socket.remoteAddress);
    return peer === undefined || this.proxies === undefined ? peer : this.proxies.clientOf(peer, headers);
  }

  /** The URL that a client has of the gateway: the document's, or by the host that it names. Ends without a `/`. */
  public urlOf({ socket, headers }: IncomingMessage): string {
    if (this.publicUrl !== undefined) return this.publicUrl;
    const peer = plainAddress(socket.remoteAddress) ?? '';
    const isSecure = socket instanceof TLSSocket || this.proxies?.isSecure(peer, headers) === true;
    return `${isSecure ? 'https' : 'http'}://${headers.host ?? 'localhost'}`;
  }

  /**
   * Refuses requests for other hosts, and of pages of other origins.
   *
   * @throws HttpProblem `host-refused`, `origin-refused`
   */
  public check({ headers }: IncomingMessage, audit: AuditTrail): void {
    this.hosts.refuseOther(headers.host, audit);
    refuseForeignOrigin(headers, this.origins, audit);
  }

  /** Lets pages of declared origins read the answer. */
  public open(request: IncomingMessage, response: ServerResponse): void {
    this.browsers.open(request, response);
  }
}
