/** The header by which proxies say for whom they ask. */
export enum ForwardingHeader {
  /** `X-Forwarded-For`, which nearly all of them write. */
  X_FORWARDED_FOR = 'x-forwarded-for',
  /** `Forwarded`, RFC 7239. */
  FORWARDED = 'forwarded',
}

/** Proxies in front of gateways, which are believed who the client is. */
export interface TrustedProxies {
  /** Blocks of the addresses that they connect from: of the ingress controller's pods or nodes, and of what is before it. */
  readonly cidrs: string[];
  /**
   * The one header that they write. The other is what the client has sent, and does not count.
   * @default ForwardingHeader.X_FORWARDED_FOR
   */
  readonly header?: ForwardingHeader;
}
