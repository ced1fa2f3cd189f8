import { Auth, IntrospectionSecret, KeycloakPassword } from 'agentyard';
import { caller, exchange, opened, PATIENT, type TokenServer } from '../../gateway-runtime/test/credentials-fixture';
import { cleanUp } from '../../gateway-runtime/test/fixture';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const CLI = { clientId: 'cli', redirectUri: 'http://127.0.0.1:4711/callback' };
const ALICE = { username: 'alice', password: 'the-password-of-alice' };
const SECRET = 'the-secret-of-red';
const RED = 'mcp:agents/red';
const CRM = 'https://crm.example.com/mcp';
const SCOPE = 'upstream:crm';

let keycloak: Keycloak;
let realm: RealmClient;

beforeAll(async () => {
  const port = await freePort();
  const program = new RealmProgram({ hostname: `http://127.0.0.1:${port}` });
  const analyst = program.realm.addRole('analyst');
  program.realm.addClient('cli', { redirectUris: ['http://127.0.0.1/callback'] });
  program.realm.addUser('alice', {
    roles: [analyst],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  const introspection = { secret: IntrospectionSecret.fromSecretKey('red-client', 'secret') };
  const auth = Auth.keycloak(program.realm, { introspection });
  program.program.gateway('red', { auth, publicUrl: audienceOf('red') });
  const environment = {
    REALM_MCP_USER_ALICE_PASSWORD: ALICE.password,
    REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET: SECRET,
  };
  keycloak = await Keycloak.start({ port, realmFiles: program.realmFiles(), environment });
  realm = new RealmClient(`${keycloak.url}/realms/mcp`);
  await administer();
}, START_TIMEOUT);
afterEach(cleanUp);
afterAll(() => keycloak?.stop());

/** What docs/mcp-servers.md tells an administrator to set. */
async function administer(): Promise<void> {
  const none = { protocol: 'openid-connect', standardFlowEnabled: false, fullScopeAllowed: false };
  await keycloak.admin('POST', '/mcp/clients', { ...none, clientId: CRM, bearerOnly: true });
  const config = { 'included.client.audience': CRM, 'access.token.claim': 'true' };
  const mapper = { name: 'crm', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper', config };
  const scope = { name: SCOPE, protocol: 'openid-connect', protocolMappers: [mapper] };
  await keycloak.admin('POST', '/mcp/client-scopes', scope);
  const scopes: { name: string; id: string }[] = await keycloak.admin('GET', '/mcp/client-scopes');
  const [client] = await keycloak.admin('GET', `/mcp/clients?clientId=${encodeURIComponent(RED)}`);
  client.attributes['standard.token.exchange.enabled'] = 'true';
  await keycloak.admin('PUT', `/mcp/clients/${client.id}`, client);
  for (const [kind, name] of [
    ['default', 'basic'],
    ['optional', SCOPE],
  ]) {
    const { id } = scopes.find((each) => each.name === name)!;
    await keycloak.admin('PUT', `/mcp/clients/${client.id}/${kind}-client-scopes/${id}`);
  }
}

const credentials = (more: object = {}) => {
  const tokens = { url: `${keycloak.url}/realms/mcp/protocol/openid-connect/token` } as TokenServer;
  return opened(exchange(tokens, { clientId: RED, audience: CRM, scopes: [SCOPE], ...more }), { secret: SECRET });
};

describe('token exchange with Keycloak', () => {
  it('shows the server a token of the same user that is for it alone, and not the one of the client', async () => {
    const signedIn = await realm.signIn(CLI, ALICE, `openid ${RED}`);
    const { credentials: shown } = await credentials();
    const { authorization = '' } = await shown.headersFor(caller(signedIn.access_token!), PATIENT);
    const token = authorization.replace('Bearer ', '');
    expect(token).not.toBe(signedIn.access_token);
    const claims = claimsOf({ access_token: token });
    expect(claims).toMatchObject({ aud: CRM, azp: RED, sub: claimsOf(signedIn).sub });
  });

  it.each<[string, object, string]>([
    ['a server that the client may not ask for', { audience: 'cli' }, 'invalid_request'],
    ['a scope that the client has not', { scopes: ['everything'] }, 'invalid_scope'],
  ])('refuses %s', async (_case, more, code) => {
    const signedIn = await realm.signIn(CLI, ALICE, `openid ${RED}`);
    const { credentials: shown } = await credentials(more);
    await expect(shown.headersFor(caller(signedIn.access_token!), PATIENT)).rejects.toMatchObject({
      reason: 'exchange-refused',
      detail: expect.stringContaining(code),
    });
  });

  it('refuses a token that is not for the gateway, and one whose session has ended', async () => {
    const { credentials: shown } = await credentials();
    const foreign = (await realm.signIn(CLI, ALICE, 'openid')).access_token!;
    const ended = (await realm.signIn(CLI, ALICE, `openid ${RED}`)).access_token!;
    const [{ id }] = await keycloak.admin('GET', '/mcp/users?username=alice&exact=true');
    await keycloak.admin('POST', `/mcp/users/${id}/logout`);
    for (const token of [foreign, ended]) {
      await expect(shown.headersFor(caller(token), PATIENT)).rejects.toMatchObject({ reason: 'exchange-refused' });
    }
  });
});
