import type { Auth } from 'agentyard/contract';

type Resource = NonNullable<Extract<Auth, { mode: 'credentials' }>['resource']>;

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** What clients are told of the gateway as a protected resource, so that they find who gives them tokens (RFC 9728). */
export class ProtectedResource {
  private readonly origin: string;
  private readonly path: string;

  /**
   * @param issuers names of the issuers whose tokens count
   * @param served paths behind the URL of the gateway that a client may be given
   */
  public constructor(
    private readonly resource: Resource,
    private readonly issuers: readonly string[],
    private readonly served: readonly string[],
  ) {
    const { origin, pathname } = new URL(resource.url);
    this.origin = origin;
    this.path = pathname.replace(/\/+$/, '');
  }

  /** Paths that its metadata are at: a client asks for those of the URL that it was given (RFC 9728, 3.1). */
  public get paths(): string[] {
    const suffixes = this.served.map((path) => (path === '/' ? '' : path));
    return [...new Set(['', this.path].flatMap((base) => suffixes.map((suffix) => WELL_KNOWN + base + suffix)))];
  }

  /** The metadata (RFC 9728, 2); what has no value is left out (3.2). */
  public get metadata(): Readonly<Record<string, unknown>> {
    const { url, scopes } = this.resource;
    return {
      resource: url,
      ...(this.issuers.length > 0 && { authorization_servers: this.issuers }),
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
    };
  }

  /** What a challenge says of it (RFC 9728, 5.1; RFC 6750, 3). */
  public get challenge(): Readonly<Record<string, string>> {
    const { scopes } = this.resource;
    return {
      resource_metadata: this.origin + WELL_KNOWN + this.path,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    };
  }
}
