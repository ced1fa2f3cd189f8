/** Where the metadata of a protected resource are, before the path of its URL (RFC 9728, 3.1). */
const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

/** A path that clients of a gateway may call. Whatever else it serves, health checks above all, stays inside. */
export interface GatewayPath {
  readonly name: 'v1' | 'a2a' | 'mcp' | 'metadata';
  /** As clients call it; what stands below it belongs to it. */
  readonly path: string;
  /** As the gateway, which does not know the path of its public URL, serves it. */
  readonly served: string;
}

/** The paths that are routed to a gateway. @param base path of its public URL: empty, or with a `/` at its beginning alone */
export function gatewayPaths(base: string): GatewayPath[] {
  const metadata = `${RESOURCE_METADATA}${base}`;
  return [
    { name: 'v1', path: `${base}/v1`, served: '/v1' },
    { name: 'a2a', path: `${base}/a2a`, served: '/a2a' },
    { name: 'mcp', path: `${base}/mcp`, served: '/mcp' },
    // The gateway knows the metadata's path, since it names it to clients.
    { name: 'metadata', path: metadata, served: metadata },
  ];
}

/** Whether routers take the path of a public URL as it is written: some read it as a regular expression. */
export function isRoutablePath(base: string): boolean {
  return /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/.test(base);
}
