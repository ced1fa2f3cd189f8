import type { KeycloakRealmRepresentation } from '../../contract';
import type { RegistrationSpec } from './realm-spec';

type Profile = KeycloakRealmRepresentation['clientProfiles']['profiles'][number];
type Policy = KeycloakRealmRepresentation['clientPolicies']['policies'][number];

const REGISTERED_CLIENTS = 'registered-clients';
const NO_DEVICE_GRANT = 'no-device-grant';

const SHOWN_TO_BROWSERS = ['redirectUris', 'postLogoutRedirectUris', 'webOrigins', 'rootUrl', 'baseUrl'];
const CALLED_BY_KEYCLOAK = [
  'adminUrl',
  'jwksUri',
  'requestUris',
  'backchannelLogoutUrl',
  'cibaClientNotificationEndpoint',
  'sectorIdentifierUri',
];

/** What registered clients are made to be, whatever they ask for. */
export function registeredClients({
  hosts,
}: RegistrationSpec): Pick<KeycloakRealmRepresentation, 'clientProfiles' | 'clientPolicies'> {
  return {
    clientProfiles: { profiles: [noDevices(), codeWithPkce()] },
    clientPolicies: { policies: [deviceGrant(hosts.length > 0), registration()] },
  };
}

function codeWithPkce(): Profile {
  const executors = ['pkce-enforcer', 'reject-implicit-grant', 'reject-ropc-grant', 'full-scope-disabled'];
  return {
    name: REGISTERED_CLIENTS,
    description: 'Authorization code with PKCE, called back at whole URIs',
    executors: [
      ...executors.map((executor) => ({ executor, configuration: { 'auto-configure': true } })),
      noSecrets(),
      uris(SHOWN_TO_BROWSERS, [
        '^https://[^*#]+$',
        '^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]+)?(/[^*#]*)?$',
      ]),
      uris(CALLED_BY_KEYCLOAK, ['^(?!)']),
    ],
  };
}

/**
 * A client with a secret could get tokens for itself, by client credentials, as somebody whom nobody has let in. There is no
 * executor against that grant, but one that leaves registered clients without a secret: certificates are not taken here.
 */
function noSecrets() {
  const configuration = { 'allowed-client-authenticators': ['client-x509'] };
  return { executor: 'secure-client-authenticator', configuration };
}

function registration(): Policy {
  const sources = ['ByAnonymous', 'ByInitialAccessToken', 'ByRegistrationAccessToken'];
  return {
    name: REGISTERED_CLIENTS,
    description: 'Clients that were not made by an administrator',
    enabled: true,
    conditions: [{ condition: 'client-updater-context', configuration: { 'update-client-source': sources } }],
    profiles: [REGISTERED_CLIENTS],
  };
}

function noDevices(): Profile {
  return {
    name: NO_DEVICE_GRANT,
    description: 'No tokens',
    executors: [{ executor: 'reject-request', configuration: {} }],
  };
}

/**
 * A client that registers can take the device grant (RFC 8628), with which a person far away is talked into consenting:
 * no redirect URI tells the two apart. Keycloak cannot refuse it to registered clients alone.
 */
function deviceGrant(enabled: boolean): Policy {
  const grants = ['urn:ietf:params:oauth:grant-type:device_code'];
  return {
    name: NO_DEVICE_GRANT,
    description: 'The device grant, while clients can be registered by anybody',
    enabled,
    conditions: [{ condition: 'grant-type', configuration: { grant_types: grants } }],
    profiles: [NO_DEVICE_GRANT],
  };
}

function uris(fields: readonly string[], patterns: readonly string[]) {
  const configuration = { 'client-uri-fields': [...fields], 'allowed-patterns': [...patterns] };
  return { executor: 'secure-client-uris-pattern', configuration };
}
