import type { TokenIssuerInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { clientSecretFile, clientSecretVolume } from '../lib/identity/introspection';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import type { MountedVolume } from '../lib/workload/volumes';
import { IntrospectedTokens } from './introspection';

/** The client that a gateway is to an issuer, and where it asks about tokens. */
export interface IntrospectionClient {
  readonly endpoint: string;
  readonly clientId: string;
}

/** How gateways ask one issuer about its tokens. */
export class TokenIntrospection {
  public constructor(
    private readonly issuer: string,
    private readonly secret: SecretKey,
    private readonly tokens: IntrospectedTokens,
    /** Absent: the issuer has a client for each gateway. */
    private readonly client?: IntrospectionClient,
  ) {}

  /** Whether tokens count that do not say whose they are. */
  public get takesOpaqueTokens(): boolean {
    return this.tokens !== IntrospectedTokens.JWT;
  }

  public get volume(): MountedVolume {
    return clientSecretVolume(this.issuer, this.secret);
  }

  /** What a gateway is told. @param registered the client that the issuer has for it */
  public section(registered: IntrospectionClient | undefined): TokenIssuerInput['introspection'] {
    const client = this.client ?? registered;
    if (client === undefined) return undefined;
    const { endpoint, clientId } = client;
    const credentials = { clientSecretFile: clientSecretFile(this.issuer) };
    return { endpoint, clientId, credentials, tokens: this.tokens };
  }
}

/** Opaque tokens do not say whose they are, so those of one issuer would be shown to the other. @throws SynthError */
export function refuseSeveralOpaque(issuers: readonly string[]): void {
  if (issuers.length < 2) return;
  throw new SynthError('INTROSPECTION_INVALID', 'Auth.anyOf', {
    message: `opaque tokens are taken of ${issuers.join(' and ')}: they do not say whose they are, so those of one would be shown to the other`,
    remedy: 'Take opaque tokens of one issuer, and let the others have IntrospectedTokens.JWT',
  });
}
