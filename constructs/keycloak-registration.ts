import { SynthError } from '../lib/errors/synth-error';
import { trustedHostFault } from '../lib/identity/keycloak/names';
import type { RegistrationSpec } from '../lib/identity/keycloak/realm-spec';

/** Options of open registration. */
export interface TrustedHostsOptions {
  /**
   * Whether whoever registers a client must be at one of the hosts. Keycloak resolves their names, and looks up the name
   * of the sender for those with `*.`; behind a proxy it needs `proxy-headers`.
   * @default true
   */
  readonly checkSender?: boolean;
  /**
   * Number of clients of the realm from which on none can be registered.
   * @default 200
   */
  readonly maxClients?: number;
}

/**
 * Who may register clients of a realm without a token (Dynamic Client Registration, RFC 7591). Registered clients get
 * authorization code with PKCE and no other grant, users must consent to them, and tokens for gateways are all that they
 * can ask for. With an initial access token of an administrator, anybody may.
 */
export class ClientRegistration {
  /** Nobody. */
  public static closed(): ClientRegistration {
    return new ClientRegistration({ hosts: [], checkSender: true, maxClients: 200 });
  }

  /**
   * Whoever is at one of these hosts, for clients that are called back at one of them.
   *
   * @param hosts names or IPv4 addresses; `*.example.com` stands for all below; `localhost` and `127.0.0.1` for clients
   *   on the machine of their user
   */
  public static trustedHosts(hosts: string[], options: TrustedHostsOptions = {}): ClientRegistration {
    const { checkSender = true, maxClients = 200 } = options;
    const place = 'ClientRegistration.trustedHosts';
    if (hosts.length === 0) {
      throw new SynthError('REALM_INVALID', place, {
        message: 'no host is named, so nobody could register a client',
        remedy: 'Name the hosts, or use ClientRegistration.closed()',
      });
    }
    for (const fault of hosts.map(trustedHostFault)) {
      if (fault !== undefined) throw new SynthError('REALM_INVALID', place, fault);
    }
    if (!Number.isInteger(maxClients) || maxClients < 1) {
      throw new SynthError('REALM_INVALID', place, {
        message: `maxClients is ${maxClients}`,
        remedy: 'Give a whole number of 1 or more',
      });
    }
    return new ClientRegistration({ hosts: [...new Set(hosts)], checkSender, maxClients });
  }

  /** @internal */
  public readonly _spec: RegistrationSpec;

  private constructor(spec: RegistrationSpec) {
    this._spec = spec;
  }
}
