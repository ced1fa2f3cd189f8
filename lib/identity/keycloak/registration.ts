import type { KeycloakComponent } from '../../contract';
import type { RegistrationSpec } from './realm-spec';

/** Who registers a client: somebody without a token, or with one that an administrator gave out. */
const ANONYMOUS = 'anonymous';
const WITH_TOKEN = 'authenticated';

/**
 * Policies of dynamic client registration, RFC 7591. A registered client may ask for the scopes that the realm gives to
 * all clients, gateways' among them; it has no mappers of its own, with which it could widen its tokens, and users must
 * consent to it. Without hosts nobody can register who has no token.
 */
export function registrationPolicies({ hosts, checkSender, maxClients }: RegistrationSpec): KeycloakComponent[] {
  const closed = hosts.length === 0;
  const trusted = {
    'trusted-hosts': [...hosts].sort(),
    'host-sending-registration-request-must-match': [String(closed || checkSender)],
    'client-uris-must-match': ['true'],
  };
  return [
    policy('Trusted Hosts', 'trusted-hosts', ANONYMOUS, trusted),
    policy('Max Clients Limit', 'max-clients', ANONYMOUS, { 'max-clients': [String(maxClients)] }),
    ...[ANONYMOUS, WITH_TOKEN].flatMap((who) => [
      policy('Consent Required', 'consent-required', who, {}),
      policy('Full Scope Disabled', 'scope', who, {}),
      policy('Allowed Client Scopes', 'allowed-client-templates', who, {
        'allow-default-scopes': ['true'],
        // Not a client scope to Keycloak, but clients name it among theirs.
        'allowed-client-scopes': ['openid'],
      }),
      policy('Allowed Protocol Mapper Types', 'allowed-protocol-mappers', who, { 'allowed-protocol-mapper-types': [] }),
      policy('Allowed Registration Web Origins', 'registration-web-origins', who, { 'web-origins': [] }),
    ]),
  ];
}

function policy(
  name: string,
  providerId: string,
  subType: string,
  config: Readonly<Record<string, string[]>>,
): KeycloakComponent {
  return { name, providerId, subType, config: { ...config } };
}
