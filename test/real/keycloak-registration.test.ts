import { createHash } from 'node:crypto';
import { ClientRegistration, KeycloakPassword } from 'agentyard';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Browser } from '../keycloak/browser';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const ALICE = { username: 'alice', password: 'the-password-of-alice' };
const CALLBACK = 'http://127.0.0.1:4711/callback';
/** What an MCP client registers: RFC 7591, with the scope that the gateway's metadata names. */
const METADATA = {
  client_name: 'An MCP client',
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

let keycloak: Keycloak;
let realm: RealmClient;
const red = 'mcp:agents/red';

beforeAll(async () => {
  const program = new RealmProgram({
    clientRegistration: ClientRegistration.trustedHosts(['127.0.0.1', 'localhost', 'app.example.com']),
  });
  program.realm.addUser('alice', {
    roles: [program.realm.addRole('analyst')],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  program.addGateway('red');
  keycloak = await Keycloak.start({
    realmFiles: program.realmFiles(),
    environment: { REALM_MCP_USER_ALICE_PASSWORD: ALICE.password },
  });
  realm = new RealmClient(`${keycloak.url}/realms/mcp`);
}, START_TIMEOUT);

afterAll(() => keycloak?.stop());

describe('a client that registers from a trusted host', () => {
  it.each([
    ['with the scope of a gateway', { scope: red }],
    ['with more that clients ask for', { scope: `openid profile offline_access ${red}` }],
    ['with no word on scopes', {}],
  ])('%s gets tokens for the gateway, with the roles of its user', async (_, scope) => {
    const { status, body } = await realm.register({ ...METADATA, ...scope });
    expect(status).toBe(201);
    const client = { clientId: body.client_id as string, redirectUri: CALLBACK };
    const claims = claimsOf(await realm.signIn(client, ALICE, red));
    expect(claims.aud).toBe(audienceOf('red'));
    expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect(claims.realm_access.roles.sort()).toEqual(['analyst', 'platform-user']);
    const bare = await realm.signIn(client, ALICE, red, { code_challenge: '', code_challenge_method: '' });
    expect(bare.error).toBe('invalid_request');
  });

  it.each(['http://localhost:6274/oauth/callback', 'https://app.example.com/callback'])(
    'may be called back at %s',
    async (uri) => {
      expect((await realm.register({ ...METADATA, redirect_uris: [uri] })).status).toBe(201);
    },
  );

  it.each([
    ['a redirect URI of another host', { redirect_uris: ['https://evil.example.com/callback'] }],
    ['one with a wildcard', { redirect_uris: ['http://127.0.0.1:4711/*'] }],
    ['one that is not encrypted', { redirect_uris: ['http://app.example.com/callback'] }],
    [
      'keys that Keycloak would fetch',
      { jwks_uri: 'http://127.0.0.1/keys', token_endpoint_auth_method: 'private_key_jwt' },
    ],
    [
      'a sector that Keycloak would read',
      { subject_type: 'pairwise', sector_identifier_uri: 'http://127.0.0.1/sector' },
    ],
    ['logout notices that Keycloak would send', { backchannel_logout_uri: 'http://127.0.0.1/logout' }],
  ])('is refused with %s', async (_, metadata) => {
    expect((await realm.register({ ...METADATA, ...metadata })).status).toBe(403);
  });

  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt'])(
    'is refused with a secret of its own (%s), by which it could get tokens for itself',
    async (method) => {
      const grant_types = ['authorization_code', 'client_credentials'];
      const { status } = await realm.register({ ...METADATA, grant_types, token_endpoint_auth_method: method });
      expect(status).toBe(403);
    },
  );

  it('gets no other grant, whatever it asks for', async () => {
    const { body } = await realm.register({
      ...METADATA,
      grant_types: ['authorization_code', 'password', 'implicit', 'client_credentials'],
    });
    const client = { client_id: body.client_id as string };
    expect(body).not.toHaveProperty('client_secret');
    for (const grant of [{ grant_type: 'password', ...ALICE }, { grant_type: 'client_credentials' }]) {
      expect((await realm.token({ ...grant, ...client, scope: red })).error).toBe('unauthorized_client');
    }
    const answer = await realm.signIn({ clientId: client.client_id, redirectUri: CALLBACK }, ALICE, red, {
      response_type: 'token',
      code_challenge: '',
      code_challenge_method: '',
    });
    expect(answer.access_token).toBeUndefined();
    expect(answer.error).toBe('unauthorized_client');
  });

  it('gets no token by the device grant, even when its user consents', async () => {
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const { body } = await realm.register({ ...METADATA, grant_types: ['authorization_code', grant_type] });
    const verifier = 'a-verifier-that-is-as-long-as-verifiers-have-to-be';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const asked = await fetch(`${keycloak.url}/realms/mcp/protocol/openid-connect/auth/device`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: body.client_id as string,
        scope: red,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }),
    });
    const device = (await asked.json()) as { device_code: string; verification_uri_complete: string };
    const { message } = await new Browser({ ...ALICE }).visit(device.verification_uri_complete, CALLBACK);
    expect(message).toContain('Device Login Successful');
    const answer = await realm.token({
      grant_type,
      client_id: body.client_id as string,
      device_code: device.device_code,
      code_verifier: verifier,
    });
    expect(answer).toMatchObject({ error: 'invalid_grant', error_description: 'Request not allowed' });
  });

  it('may have no mappers of its own, with which it could widen its tokens', async () => {
    const answer = await fetch(`${keycloak.url}/realms/mcp/clients-registrations/default`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        clientId: 'widened',
        publicClient: true,
        redirectUris: [CALLBACK],
        protocolMappers: [
          {
            name: 'audience',
            protocol: 'openid-connect',
            protocolMapper: 'oidc-audience-mapper',
            config: { 'included.custom.audience': 'https://other.example.com', 'access.token.claim': 'true' },
          },
        ],
      }),
    });
    expect(answer.status).toBe(403);
  });
});
