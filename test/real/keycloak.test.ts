import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Duration } from 'cdk8s';
import { KeycloakClientCredentials, KeycloakPassword } from 'agentyard';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { claimsOf, RealmClient, type ClientOfRealm } from '../keycloak/realm-client';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const CLI: ClientOfRealm = { clientId: 'cli', redirectUri: 'http://127.0.0.1:4711/callback' };
const WEB: ClientOfRealm = { clientId: 'web', redirectUri: 'https://app.example.com/signed-in' };
const ALICE = { username: 'alice', password: 'the-password-of-alice' };
const BOB = { username: 'bob', password: 'the-password-of-bob' };
const CI_SECRET = 'the-secret-of-ci';

let keycloak: Keycloak;
let realm: RealmClient;
let issuer: string;
const red = 'mcp:agents/red';
const blue = 'mcp:agents/blue';

beforeAll(async () => {
  const program = new RealmProgram({ accessTokenLifetime: Duration.minutes(4) });
  const analyst = program.realm.addRole('analyst');
  const lead = program.realm.addRole('team:red/lead', { includes: [analyst] });
  program.realm.addRole('unused');
  program.realm.addClient('cli', { redirectUris: ['http://127.0.0.1/callback'] });
  program.realm.addClient('web', { redirectUris: [WEB.redirectUri] });
  program.realm.addServiceClient('CI', {
    roles: [analyst],
    credentials: KeycloakClientCredentials.fromSecretKey('ci', 'secret'),
  });
  program.realm.addServiceClient('signer', {
    credentials: KeycloakClientCredentials.fromJwksUrl('https://keys.example.com/jwks.json'),
  });
  program.realm.addUser('alice', {
    roles: [lead],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  program.realm.addUser('bob', { password: KeycloakPassword.fromSecretKey('people', 'bob') });
  expect([program.addGateway('red'), program.addGateway('blue')]).toEqual([red, blue]);
  keycloak = await Keycloak.start({
    realmFiles: program.realmFiles(),
    environment: {
      REALM_MCP_CLIENT_CI_SECRET: CI_SECRET,
      REALM_MCP_USER_ALICE_PASSWORD: ALICE.password,
      REALM_MCP_USER_BOB_PASSWORD: BOB.password,
    },
  });
  issuer = `${keycloak.url}/realms/mcp`;
  realm = new RealmClient(issuer);
}, START_TIMEOUT);

afterAll(() => keycloak?.stop());

describe('a user who signs in', () => {
  it('gets a token with subject, roles, lifetime and the one audience', async () => {
    const claims = claimsOf(await realm.signIn(CLI, ALICE, `openid ${red}`));
    expect(claims).toMatchObject({ iss: issuer, azp: 'cli', aud: audienceOf('red'), typ: 'Bearer' });
    expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect(claims.realm_access.roles.sort()).toEqual(['analyst', 'platform-user', 'team:red/lead']);
    expect(claims.exp! - claims.iat!).toBe(240);
  });

  it('gets a token for another gateway, and for that one alone', async () => {
    expect(claimsOf(await realm.signIn(WEB, ALICE, blue)).aud).toBe(audienceOf('blue'));
  });

  it('gets neither an audience nor roles of the program without asking for a gateway', async () => {
    const claims = claimsOf(await realm.signIn(CLI, ALICE, 'openid'));
    expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect(claims).not.toHaveProperty('aud');
    expect(claims).not.toHaveProperty('realm_access');
  });

  it('must change a temporary password first, and needs no role to get a token', async () => {
    const claims = claimsOf(await realm.signIn(CLI, BOB, red));
    expect(claims.aud).toBe(audienceOf('red'));
    expect(claims.realm_access.roles).toEqual(['platform-user']);
    expect((await realm.signIn(CLI, BOB, red)).error).toMatch(/Invalid username or password/);
  });

  it('can open their account', async () => {
    const account = { clientId: 'account-console', redirectUri: `${keycloak.url}/realms/mcp/account/` };
    const { access_token: token } = await realm.signIn(account, ALICE, 'openid');
    const answer = await fetch(`${issuer}/account/`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
    expect(answer.status).toBe(200);
  });

  it('has refresh tokens that are good once', async () => {
    const { refresh_token: first = '' } = await realm.signIn(CLI, ALICE, red);
    const refresh = { grant_type: 'refresh_token', client_id: 'cli', refresh_token: first };
    expect(claimsOf(await realm.token(refresh)).aud).toBe(audienceOf('red'));
    expect((await realm.token(refresh)).error).toBe('invalid_grant');
  });
});

describe('what a client must not do is refused', () => {
  it.each([
    ['a redirect URI that is not declared', { redirect_uri: 'https://evil.example.com/' }, /redirect_uri/],
    ['one below a declared one', { redirect_uri: `${WEB.redirectUri}/more` }, /redirect_uri/],
    ['one with a query', { redirect_uri: `${WEB.redirectUri}?x=1` }, /redirect_uri/],
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }, /invalid_request/],
    ['PKCE in the clear', { code_challenge_method: 'plain' }, /invalid_request/],
    [
      'the implicit flow',
      { response_type: 'token', code_challenge: '', code_challenge_method: '' },
      /unauthorized_client/,
    ],
    ['a scope that is not declared', { scope: 'openid everything' }, /invalid_scope/],
  ])('%s', async (_, changes: Record<string, string>, reason) => {
    const { access_token: token, error } = await realm.signIn(WEB, ALICE, red, changes);
    expect(token).toBeUndefined();
    expect(error).toMatch(reason);
  });

  it.each(['cli', 'web', 'admin-cli', 'account-console'])('a password sent by %s', async (clientId) => {
    const answer = await realm.token({ grant_type: 'password', client_id: clientId, ...ALICE });
    expect(answer.error).toBe('unauthorized_client');
  });

  it('client credentials of a public client', async () => {
    const answer = await realm.token({ grant_type: 'client_credentials', client_id: 'cli' });
    expect(answer.error).toBe('unauthorized_client');
  });
});

describe('a service', () => {
  const ci = { grant_type: 'client_credentials', client_id: 'CI', client_secret: CI_SECRET };

  it('gets a token with its roles for the gateway that it asks for', async () => {
    const claims = claimsOf(await realm.token({ ...ci, scope: blue }));
    expect(claims).toMatchObject({ iss: issuer, azp: 'CI', aud: audienceOf('blue') });
    expect(claims.sub).toMatch(/^[0-9a-f-]{36}$/);
    expect(claims.realm_access.roles.sort()).toEqual(['analyst', 'platform-user']);
    expect(claims.exp! - claims.iat!).toBe(240);
  });

  it('is refused with another secret, and cannot sign people in', async () => {
    expect((await realm.token({ ...ci, client_secret: 'a guess' })).error).toMatch(
      /unauthorized_client|invalid_client/,
    );
    const { access_token: token } = await realm.signIn({ ...WEB, clientId: 'CI' }, ALICE, red);
    expect(token).toBeUndefined();
  });
});

describe('a service with a key pair', () => {
  let keys: Server;
  let privateKey: CryptoKey;

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256');
    privateKey = pair.privateKey;
    const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: 'one', use: 'sig', alg: 'RS256' };
    keys = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] }))).listen(0, '127.0.0.1');
    await new Promise((resolve) => keys.once('listening', resolve));
    // The program demands https, which a test has no authority for.
    const [client] = await keycloak.admin('GET', '/mcp/clients?clientId=signer');
    const { port } = keys.address() as AddressInfo;
    client.attributes['jwks.url'] = `http://127.0.0.1:${port}/`;
    await keycloak.admin('PUT', `/mcp/clients/${client.id}`, client);
  });

  afterAll(() => keys.close());

  const assertion = (key: CryptoKey) =>
    new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer('signer')
      .setSubject('signer')
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key);

  const ask = async (key: CryptoKey) =>
    realm.token({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(key),
      scope: red,
    });

  it('shows who it is by a signature', async () => {
    expect(claimsOf(await ask(privateKey))).toMatchObject({ azp: 'signer', aud: audienceOf('red') });
  });

  it('is refused with a signature by another key', async () => {
    const { privateKey: other } = await generateKeyPair('RS256');
    expect((await ask(other)).error).toMatch(/unauthorized_client|invalid_client/);
  });
});

it('nobody can register a client', async () => {
  const { status, body } = await realm.register({
    redirect_uris: ['http://127.0.0.1:4711/callback'],
    token_endpoint_auth_method: 'none',
  });
  expect(status).toBe(403);
  expect(body.error_description).toMatch(/Trusted Hosts/);
});
