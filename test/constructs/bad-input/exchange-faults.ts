import { generateKeyPairSync } from 'node:crypto';
import {
  Auth,
  IntrospectionSecret,
  KeycloakExchangeClient,
  KeycloakRealm,
  McpServer,
  UpstreamCredentials,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const PUBLIC_URL = 'https://mcp.example.com';
const EXCHANGE = KeycloakExchangeClient.withSecret('exchange', 'key');
/** Gateways before one server that is shown exchanged tokens. */
const exchanging = (authsOf: (realm: KeycloakRealm) => Auth[], audience = 'crm') => {
  const p = new Program();
  const realm = new KeycloakRealm(p.chart, 'realm', { hostname: 'sso.example.com' });
  const credentials = UpstreamCredentials.keycloakExchange(realm, audience);
  const crm = McpServer.fromUrl(p.chart, 'crm', { url: 'https://crm.example.com/mcp', credentials });
  const made = authsOf(realm).map((auth, i) =>
    p.gateway(`gateway-${i}`, { auth, publicUrl: `${PUBLIC_URL}/${i}`, mcpServers: [crm] }),
  );
  return made[0]!;
};

/** Faults of the exchange of tokens of a realm. */
export const EXCHANGE_FAULTS: FaultCase[] = [
  [
    'TOKEN_EXCHANGE_INVALID',
    'chart/gateway-0: tokens of chart/realm would be exchanged for such as are for "crm", and its auth names no client',
    () => exchanging((realm) => [Auth.keycloak(realm)]),
  ],
  [
    'TOKEN_EXCHANGE_INVALID',
    'chart/gateway-1: its client secret is that of chart/gateway-0, the entry "key" of exchange',
    () =>
      exchanging((realm) => {
        const auth = Auth.keycloak(realm, { tokenExchange: EXCHANGE });
        return [auth, auth];
      }),
  ],
  [
    'INTROSPECTION_INVALID',
    'chart/gateway-0: its client secret is that of its client exchange:agents/gateway-0, the entry "key" of exchange',
    () =>
      exchanging((realm) => {
        const secret = IntrospectionSecret.fromSecretKey('exchange', 'key');
        return [Auth.keycloak(realm, { introspection: { secret }, tokenExchange: EXCHANGE })];
      }),
  ],
  [
    'TOKEN_EXCHANGE_INVALID',
    'chart/gateway: tokenExchange needs a client that the program makes, and the realm https://sso.example.com/realms/a',
    () => {
      const p = new Program();
      const realm = KeycloakRealm.fromIssuer(p.chart, 'realm', {
        issuer: 'https://sso.example.com/realms/acme',
        roles: [],
        audiences: [{ audience: PUBLIC_URL }],
      });
      return p.gateway('gateway', {
        auth: Auth.keycloak(realm, { tokenExchange: EXCHANGE }),
        publicUrl: PUBLIC_URL,
      });
    },
  ],
  [
    'AUDIENCE_TAKEN',
    `"${PUBLIC_URL}/0" is the audience of chart/gateway-0, and a server with such tokens could call that as the user`,
    () => exchanging((realm) => [Auth.keycloak(realm, { tokenExchange: EXCHANGE })], `${PUBLIC_URL}/0`),
  ],
  [
    'REALM_INVALID',
    'chart/realm: "two words" is no id of a client',
    () => exchanging((realm) => [Auth.keycloak(realm, { tokenExchange: EXCHANGE })], 'two words'),
  ],
  [
    'CREDENTIALS_INVALID',
    'publicKey is a private key, which would stand in manifests',
    () =>
      KeycloakExchangeClient.withPrivateKey(
        'exchange',
        'key',
        generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ),
  ],
  [
    'CREDENTIALS_INVALID',
    'publicKey is no public key in PEM',
    () => KeycloakExchangeClient.withPrivateKey('exchange', 'key', 'ssh-ed25519 AAAA'),
  ],
  [
    'CREDENTIALS_INVALID',
    'publicKey is no public key in PEM',
    () =>
      KeycloakExchangeClient.withPrivateKey(
        'exchange',
        'key',
        generateKeyPairSync('rsa', { modulusLength: 1024 })
          .publicKey.export({ type: 'spki', format: 'pem' })
          .toString(),
      ),
  ],
];
