import type { ISecret } from 'cdk8s-plus-29';
import type { UpstreamCredentialsInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { plainUrl } from '../lib/identity/plain-url';
import { upstreamSecretFile, upstreamSecretVolume } from '../lib/identity/upstream-secret';
import { isHostPattern } from '../lib/network/egress/host-rule';
import { callingTlsFiles, callingTlsVolumes, type CallingTls } from '../lib/workload/calling-tls';
import type { MountedVolume } from '../lib/workload/volumes';
import type { Auth } from './auth';
import type { Peer } from './peer';
import type { KeycloakRealm } from './keycloak-realm';
import type { McpGateway } from './mcp-gateway';
import { checkedSecretKey } from './secret-key';
import { openUrl } from './token-sources';
import type { UpstreamClient } from './upstream-client';
import type {
  UpstreamClientOptions,
  UpstreamExchangeOptions,
  UpstreamSecretOptions,
} from './upstream-credentials-options';
import { callingTls } from './upstream-tls';

/** A gateway that shows them, and who may call it. */
export interface ShowingGateway {
  readonly gateway: McpGateway;
  readonly auth: Auth;
}

interface CredentialsSpec {
  /** @param auth of the gateway @returns absent: it needs none, or lacks it */
  readonly secret?: (auth: Auth) => SecretKey | undefined;
  /** Where tokens are got, and how that is reached. */
  readonly endpoint?: URL;
  readonly peer?: Peer;
  /** @param file where the secret is mounted */
  readonly section: (file: string, gateway: ShowingGateway) => UpstreamCredentialsInput | undefined;
  /** TLS of the connections to where tokens are got; absent: as all are. */
  readonly tls?: (auth: Auth) => CallingTls | undefined;
  /** Makes it there for a gateway. @throws SynthError */
  readonly prepare?: (gateway: ShowingGateway) => void;
}

/** What a gateway shows to an MCP server of others. Never what its own client has shown to it. */
export class UpstreamCredentials {
  /**
   * A key or token of the gateway, the same for all users.
   *
   * @param secretName a Secret in the namespace of the gateways
   * @param key the entry that holds it
   */
  public static fromSecretKey(
    secretName: string,
    key: string,
    options: UpstreamSecretOptions = {},
  ): UpstreamCredentials {
    const { header = 'Authorization', scheme } = options;
    const usual = header.toLowerCase() === 'authorization' ? 'Bearer' : undefined;
    return new UpstreamCredentials({
      secret: always(checkedSecretKey('UpstreamCredentials', secretName, key)),
      section: (file) => ({ by: 'secret', header, scheme: scheme ?? usual, file }),
    });
  }

  /** As `fromSecretKey`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret, key: string, options: UpstreamSecretOptions = {}): UpstreamCredentials {
    return UpstreamCredentials.fromSecretKey(secret.name, key, options);
  }

  /** A token that the gateway gets for itself (client credentials), the same for all users. Throws CREDENTIALS_INVALID. */
  public static clientCredentials(client: UpstreamClient, options: UpstreamClientOptions): UpstreamCredentials {
    const { tokenEndpoint, scopes, audience, resource, peer } = options;
    const tls = tlsOf(options);
    return new UpstreamCredentials({
      secret: always(client._secret),
      endpoint: checkedEndpoint(tokenEndpoint, peer),
      peer,
      tls: () => tls,
      section: (file) => ({
        by: 'client-credentials',
        tokenEndpoint,
        clientId: client.clientId,
        client: client._section(file),
        scopes,
        audience,
        resource,
      }),
    });
  }

  /**
   * A token for the user, in exchange for the access token that the user called with (RFC 8693). Callers without one of the
   * issuer, such as those with API keys, are refused. Throws CREDENTIALS_INVALID.
   */
  public static tokenExchange(client: UpstreamClient, options: UpstreamExchangeOptions): UpstreamCredentials {
    const { issuer, tokenEndpoint, audience, scopes, peer } = options;
    const tls = tlsOf(options);
    return new UpstreamCredentials({
      secret: always(client._secret),
      endpoint: checkedEndpoint(tokenEndpoint, peer),
      peer,
      tls: () => tls,
      section: (file) => ({
        by: 'token-exchange',
        issuer,
        tokenEndpoint,
        clientId: client.clientId,
        client: client._section(file),
        scopes,
        audience,
      }),
    });
  }

  /**
   * A token for the user, as `tokenExchange`, by a realm of the program: the realm has the clients and the scope that this
   * needs. Each gateway names its own client by `tokenExchange` of `Auth.keycloak`.
   *
   * @param realm whose tokens the gateways take
   * @param audience `aud` of the token, which the server checks: this server alone, for example its URL. It is the id of a
   * client that the realm gets for it, or of one that the program has added before.
   */
  public static keycloakExchange(realm: KeycloakRealm, audience: string): UpstreamCredentials {
    return new UpstreamCredentials({
      secret: (auth) => auth._exchange(realm)?.client._secret,
      tls: (auth) => auth._exchange(realm)?.tls,
      section: (file, { gateway, auth }) => {
        const { client } = auth._exchange(realm) ?? {};
        return client && realm._exchangeSection(gateway, client, audience, file);
      },
      prepare: ({ gateway, auth }) => realm._addExchange(gateway, auth._exchange(realm)?.client, audience),
    });
  }

  /**
   * Who the user is, signed by the gateway, for a server of your own. It checks the claim by the keys at
   * `/.well-known/jwks.json` of the gateway.
   *
   * @param audience `aud` of the claim: this server alone, for example its URL
   */
  public static userClaim(audience: string): UpstreamCredentials {
    return new UpstreamCredentials({ section: () => ({ by: 'user-claim', audience }) });
  }

  private readonly spec: CredentialsSpec;

  private constructor(spec: CredentialsSpec) {
    this.spec = spec;
  }

  /** @param server name of the server @param auth of the gateway @internal */
  public _volumes(server: string, auth: Auth): MountedVolume[] {
    const secret = this.spec.secret?.(auth);
    const tls = this.spec.tls?.(auth);
    return [
      ...(secret === undefined ? [] : [upstreamSecretVolume(server, secret)]),
      ...(tls === undefined ? [] : callingTlsVolumes(tokensFor(server), tls)),
    ];
  }

  /** @param server name of the server @internal */
  public _section(server: string, gateway: ShowingGateway): UpstreamCredentialsInput | undefined {
    const section = this.spec.section(upstreamSecretFile(server), gateway);
    const tls = this.spec.tls?.(gateway.auth);
    if (tls === undefined || section === undefined || !('tokenEndpoint' in section)) return section;
    return { ...section, tls: callingTlsFiles(tokensFor(server), tls) };
  }

  /** Opens the way of a gateway to where tokens are got, and has made what it needs there. Throws SynthError. @internal */
  public _attach(showing: ShowingGateway): void {
    const { endpoint, peer, prepare } = this.spec;
    if (endpoint !== undefined) openUrl(showing.gateway._workload, endpoint, peer);
    prepare?.(showing);
  }
}

const always = (secret: SecretKey) => () => secret;

/** What a token endpoint is called among what a gateway calls by TLS. */
const tokensFor = (server: string) => `tokens ${server}`;

function tlsOf({ tlsOptions, tokenEndpoint }: UpstreamClientOptions | UpstreamExchangeOptions): CallingTls | undefined {
  return tlsOptions && callingTls('UpstreamCredentials', tlsOptions, [tokenEndpoint]);
}

function checkedEndpoint(text: string, peer: Peer | undefined): URL {
  const url = plainUrl(text);
  const named = peer !== undefined || (url !== undefined && isHostPattern(url.hostname));
  if (url !== undefined && named && (url.protocol === 'https:' || (peer && url.protocol === 'http:'))) return url;
  throw new SynthError('CREDENTIALS_INVALID', 'UpstreamCredentials', {
    message: `tokenEndpoint: "${text}" is not an https URL of a host with at least two labels`,
    remedy: 'Give one without user, query and fragment; http, addresses and short names are taken beside `peer` alone',
  });
}
