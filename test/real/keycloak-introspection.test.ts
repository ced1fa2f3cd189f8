import path from 'node:path';
import {
  Auth,
  IntrospectedTokens,
  IntrospectionSecret,
  KeycloakAdministrator,
  KeycloakClientCredentials,
  KeycloakPassword,
} from 'agentyard';
import type { GatewayDocument } from 'agentyard/contract';
import {
  agent,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startTestGateway,
} from '../../gateway-runtime/test/fixture';
import { applyRealm, type RealmReport } from '../../identity-runtime/src/realm';
import { silenceWarnings } from '../constructs/silence-warnings';
import { ADMINISTRATOR } from '../keycloak/distribution';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const CLI = { clientId: 'cli', redirectUri: 'http://127.0.0.1:4711/callback' };
const ALICE = { username: 'alice', password: 'the-password-of-alice' };
const CI = { grant_type: 'client_credentials', client_id: 'ci', client_secret: 'the-secret-of-ci' };
/** Secrets of the gateways' clients; what is sent of the first one has to be encoded. */
const SECRETS = { red: 'the secret+of%red:/&=', blue: 'the-secret-of-blue' };
const NOTHING: RealmReport = { created: [], changed: [], removed: [], unmarked: [] };
/** How long an answer counts in these tests, in milliseconds. */
const ACTIVE_MS = 300;

type GatewayId = keyof typeof SECRETS;
const RED = 'mcp:agents/red';

let keycloak: Keycloak;
let realm: RealmClient;
let port: number;
let program: RealmProgram;

/** The platform: two gateways that ask, as far as `asking` says, and one that does not. */
function platform(asking: readonly GatewayId[] = ['red', 'blue']): RealmProgram {
  const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
  const made = new RealmProgram({ hostname: `http://127.0.0.1:${port}`, administrator });
  const analyst = made.realm.addRole('analyst');
  made.realm.addClient('cli', { redirectUris: ['http://127.0.0.1/callback'] });
  made.realm.addServiceClient('ci', {
    roles: [analyst],
    credentials: KeycloakClientCredentials.fromSecretKey('ci', 'secret'),
  });
  made.realm.addUser('alice', {
    roles: [analyst],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  const tools = [made.program.toolset('logs', { allowedRoles: [analyst] })];
  for (const id of ['red', 'blue', 'green'] as const) {
    const secret = IntrospectionSecret.fromSecretKey(`${id}-client`, 'secret');
    const tokens = IntrospectedTokens.ALL;
    const introspection = asking.some((one) => one === id) ? { secret, tokens } : undefined;
    made.program.gateway(id, { auth: Auth.keycloak(made.realm, { introspection }), publicUrl: audienceOf(id), tools });
  }
  return made;
}

const environment = {
  REALM_MCP_CLIENT_CI_SECRET: CI.client_secret,
  REALM_MCP_USER_ALICE_PASSWORD: ALICE.password,
  REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET: SECRETS.red,
  REALM_MCP_CLIENT_MCP_AGENTS_BLUE_SECRET: SECRETS.blue,
};

beforeAll(async () => {
  port = await freePort();
  program = platform();
  keycloak = await Keycloak.start({ port, realmFiles: program.realmFiles(), environment });
  realm = new RealmClient(`${keycloak.url}/realms/mcp`);
}, START_TIMEOUT);

afterEach(cleanUp);
afterAll(() => keycloak?.stop());

type Issuer = Extract<GatewayDocument['auth'], { mode: 'credentials' }>['issuers'][number];

/** What the synthesized document of a gateway says of the realm. */
const issuerOf = (id: GatewayId) => program.program.document(`${id}-routes`, 'gateway.json').auth.issuers[0] as Issuer;

/** A running gateway that takes tokens as `id` does, and asks as `client`, with its secret where it is mounted. */
async function running(id: GatewayId, client: GatewayId = id) {
  const server = await startAgent('support');
  const { introspection } = issuerOf(client);
  const auth = { mode: 'credentials' as const, issuers: [{ ...issuerOf(id), introspection }] };
  const gateway = await startTestGateway({
    document: documentOf({ auth, agents: [agent('support')], routes: [byAgent('support')] }),
    hosts: { 'support-pods:8080': [server.address] },
    files: { 'client/client-secret': SECRETS[client] },
    mounts: { [path.dirname(introspection!.credentials.clientSecretFile)]: 'client' },
    sources: { introspectionLimits: { activeMs: ACTIVE_MS, refusedMs: ACTIVE_MS } },
  });
  const ask = async (token = '') =>
    (await gateway.invoke({ agent: 'support', input: 'hi' }, { authorization: `Bearer ${token}` })).status;
  const lastReason = () => gateway.logs.filter(({ event }) => event === 'decision').at(-1)?.reason;
  return { ask, server, gateway, lastReason };
}

/** What Keycloak says of a token to a client. */
async function introspected(id: GatewayId, token: string, secret = SECRETS[id]) {
  const { endpoint, clientId } = issuerOf(id).introspection!;
  const credentials = [clientId, secret].map(encodeURIComponent).join(':');
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(credentials)}` },
    body: new URLSearchParams({ token }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, any> };
}

const ofAlice = async (scope = RED) => realm.signIn(CLI, ALICE, `openid ${scope}`);

describe('tokens of the realm', () => {
  it('have the audience of one gateway, and of the client by which it asks, if it does', async () => {
    expect((claimsOf(await ofAlice()).aud as string[]).sort()).toEqual([audienceOf('red'), RED]);
    expect(claimsOf(await ofAlice('mcp:agents/green')).aud).toBe(audienceOf('green'));
  });

  it('are active to the client of their gateway alone', async () => {
    const token = (await ofAlice()).access_token!;
    const { body } = await introspected('red', token);
    expect(body).toMatchObject({ active: true, token_type: 'Bearer', typ: 'Bearer', azp: 'cli' });
    expect(body.realm_access.roles.sort()).toEqual(['analyst', 'platform-user']);
    expect((await introspected('blue', token)).body).toEqual({ active: false });
    expect((await introspected('red', token, 'a guess')).status).toBe(401);
  });

  it('are not active to a client that is not in their audience, which is why it is there', async () => {
    const [scope] = (await keycloak.admin('GET', '/mcp/client-scopes')).filter(({ name }: any) => name === RED);
    const mapper = scope.protocolMappers.find(({ name }: any) => name === 'introspection audience');
    const mappers = `/mcp/client-scopes/${scope.id}/protocol-mappers/models`;
    await keycloak.admin('DELETE', `${mappers}/${mapper.id}`);
    const { access_token: token = '' } = await realm.token({ ...CI, scope: RED });
    await keycloak.admin('POST', mappers, mapper);
    expect((await introspected('red', token)).body).toEqual({ active: false });
  });

  it('are given to nobody who has the secret of such a client', async () => {
    const client = { client_id: RED, client_secret: SECRETS.red };
    const subject_token = (await ofAlice()).access_token!;
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    for (const grant of [{ grant_type: 'client_credentials' }, { grant_type: 'password', ...ALICE }, exchange]) {
      expect(await realm.token({ ...grant, ...client })).toMatchObject({
        error: expect.stringMatching(/^(unauthorized_client|invalid_request)$/),
      });
    }
    const signedIn = await realm.signIn({ clientId: RED, redirectUri: CLI.redirectUri }, ALICE, 'openid');
    expect(signedIn.access_token).toBeUndefined();
  });
});

describe('a gateway that asks about them', () => {
  it('lets in people and services, with their roles', async () => {
    const { ask, server } = await running('red');
    expect(await ask((await ofAlice()).access_token)).toBe(200);
    expect(await ask((await realm.token({ ...CI, scope: RED })).access_token)).toBe(200);
    expect(server.requests.map(({ user }) => user?.roles)).toEqual([['analyst'], ['analyst']]);
  });

  it('refuses tokens for another gateway, and such as are no access tokens', async () => {
    const { ask, lastReason } = await running('blue');
    const alice = await ofAlice();
    expect(await ask(alice.access_token)).toBe(401);
    expect(lastReason()).toBe('audience');
    const red = await running('red');
    const { id_token: idToken } = alice as { id_token?: string };
    for (const token of [alice.refresh_token, idToken, 'opaque']) expect(await red.ask(token)).toBe(401);
    expect(await red.ask(alice.access_token)).toBe(200);
  });

  it('cannot have those of another one taken, with a client that is not theirs', async () => {
    const { ask, lastReason } = await running('red', 'blue');
    expect(await ask((await ofAlice()).access_token)).toBe(401);
    expect(lastReason()).toBe('inactive');
  });

  it('lets nobody in whose session has ended, a moment later', async () => {
    const { ask, lastReason } = await running('red');
    const { access_token: token } = await ofAlice();
    expect(await ask(token)).toBe(200);
    const [{ id }] = await keycloak.admin('GET', '/mcp/users?username=alice&exact=true');
    await keycloak.admin('POST', `/mcp/users/${id}/logout`);
    await eventually(async () => (await ask(token)) === 401);
    expect(lastReason()).toBe('inactive');
    expect(await ask((await ofAlice()).access_token)).toBe(200);
  });

  it('lets no token in that was revoked, a moment later', async () => {
    const { ask, lastReason } = await running('red');
    const { access_token: token = '' } = await realm.token({ ...CI, scope: RED });
    expect(await ask(token)).toBe(200);
    const { client_id, client_secret } = CI;
    const body = new URLSearchParams({ token, client_id, client_secret });
    const revoked = await fetch(`${keycloak.url}/realms/mcp/protocol/openid-connect/revoke`, { method: 'POST', body });
    expect(revoked.status).toBe(200);
    await eventually(async () => (await ask(token)) === 401);
    expect(lastReason()).toBe('inactive');
  });

  it('takes a role away that its user has no more, although the token still brings it', async () => {
    const { ask, server } = await running('red');
    const { access_token: token } = await ofAlice();
    const [{ id }] = await keycloak.admin('GET', '/mcp/users?username=alice&exact=true');
    const roles = (await keycloak.admin('GET', `/mcp/users/${id}/role-mappings/realm`)).filter(
      ({ name }: { name: string }) => name === 'analyst',
    );
    await keycloak.admin('DELETE', `/mcp/users/${id}/role-mappings/realm`, roles);
    expect(await ask(token)).toBe(200);
    await keycloak.admin('POST', `/mcp/users/${id}/role-mappings/realm`, roles);
    expect(server.requests.map(({ user }) => user?.roles)).toEqual([[]]);
  });
});

describe('the job that keeps the realm in line', () => {
  const apply = (made: RealmProgram) => {
    const document = { ...made.syncDocument(), keycloakUrl: keycloak.url };
    return applyRealm({ document, administrator: ADMINISTRATOR, environment, fetch });
  };

  it('finds it in line as it was imported', async () => {
    expect(await apply(platform())).toEqual(NOTHING);
  });

  it('removes the client of a gateway that asks no more, and makes one that asks again', async () => {
    const removed = await apply(platform(['blue']));
    expect(removed).toMatchObject({ created: [], removed: [`client ${RED}`] });
    expect(claimsOf(await ofAlice()).aud).toBe(audienceOf('red'));
    expect(await apply(platform(['blue']))).toEqual(NOTHING);

    expect(await apply(platform())).toMatchObject({ created: expect.arrayContaining([`client ${RED}`]), removed: [] });
    expect(await apply(platform())).toEqual(NOTHING);
    const { ask } = await running('red');
    expect(await ask((await ofAlice()).access_token)).toBe(200);
  });
});
