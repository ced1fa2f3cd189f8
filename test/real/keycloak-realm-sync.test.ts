import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  KeycloakAdministrator,
  KeycloakClientCredentials,
  KeycloakDelivery,
  KeycloakPassword,
  type KeycloakRealmProps,
} from 'agentyard';
import { applyRealm, realmJob, type RealmReport } from '../../identity-runtime/src/realm';
import { createLogger } from '../../runtime-kit/src';
import { silenceWarnings } from '../constructs/silence-warnings';
import { ADMINISTRATOR } from '../keycloak/distribution';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const NOTHING: RealmReport = { created: [], changed: [], removed: [] };
const CI_SECRET = 'the-secret-of-ci';
const WEB = { clientId: 'web', redirectUri: 'https://app.example.com/signed-in' };
const ALICE = { username: 'alice', password: 'the-password-of-alice' };
const ADMINISTERED = {
  administrator: KeycloakAdministrator.fromSecretName('keycloak-administrator'),
};

interface PlatformOptions extends Partial<KeycloakRealmProps> {
  /** Whether it has the gateway `blue` and the client `nightly`. */
  readonly blue?: boolean;
  /** Whether it has the role `reader`. */
  readonly reader?: boolean;
}

/** The platform of the tests, and what of it may differ from one version of the program to the next. */
function platform({ realmName = 'mcp', blue = true, reader = true, ...props }: PlatformOptions = {}) {
  const program = new RealmProgram({ ...ADMINISTERED, realmName, ...props });
  const { realm } = program;
  const analyst = realm.addRole('analyst', { description: 'Reads logs' });
  realm.addRole('lead', { includes: [analyst] });
  if (reader) realm.addRole('reader');
  realm.addClient('web', { redirectUris: [WEB.redirectUri] });
  realm.addServiceClient('ci', {
    roles: [analyst],
    credentials: KeycloakClientCredentials.fromSecretKey('ci', 'secret'),
  });
  if (blue) {
    realm.addServiceClient('nightly', { credentials: KeycloakClientCredentials.fromSecretKey('nightly', 'secret') });
  }
  realm.addUser('alice', {
    roles: [realm.role('lead')],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  program.addGateway('red');
  if (blue) program.addGateway('blue');
  return program;
}

/** The secrets of a realm, in the variables that stand for them. */
function secretsOf(realmName: string): Record<string, string> {
  const prefix = `REALM_${realmName.toUpperCase()}`;
  return {
    [`${prefix}_CLIENT_CI_SECRET`]: CI_SECRET,
    [`${prefix}_CLIENT_NIGHTLY_SECRET`]: 'the-secret-of-nightly',
    [`${prefix}_USER_ALICE_PASSWORD`]: ALICE.password,
  };
}

let keycloak: Keycloak;

beforeAll(async () => {
  const realmFiles = ['mcp', 'steady'].map((realmName) => platform({ realmName }).realmFiles());
  keycloak = await Keycloak.start({
    realmFiles: Object.assign({ 'plain-realm.json': JSON.stringify({ realm: 'plain', enabled: true }) }, ...realmFiles),
    environment: { ...secretsOf('mcp'), ...secretsOf('steady') },
  });
}, START_TIMEOUT);

afterAll(() => keycloak?.stop());

/** Runs what the job of the program runs. */
function apply(program: RealmProgram, environment = secretsOf(program.realm.realmName)): Promise<RealmReport> {
  const document = { ...program.syncDocument(), keycloakUrl: keycloak.url };
  return applyRealm({ document, administrator: ADMINISTRATOR, environment, fetch });
}

const clientOf = async (realm: string, clientId: string) =>
  (await keycloak.admin('GET', `/${realm}/clients?clientId=${clientId}`))[0];
const scopeOf = async (realm: string, name: string) =>
  (await keycloak.admin('GET', `/${realm}/client-scopes`)).find((scope: { name: string }) => scope.name === name);
const namesOf = (things: { name: string }[]) => things.map(({ name }) => name).sort();

it('a realm that was imported from the realm file is in line', async () => {
  expect(await apply(platform({ realmName: 'steady' }))).toEqual(NOTHING);
});

describe('a realm that was changed by hand', () => {
  let report: RealmReport;

  beforeAll(async () => {
    const admin = (method: string, path: string, body?: unknown) => keycloak.admin(method, `/mcp${path}`, body);
    await admin('PUT', '', { accessTokenLifespan: 86_400, bruteForceProtected: false, sslRequired: 'none' });
    const [web, ci] = [await clientOf('mcp', 'web'), await clientOf('mcp', 'ci')];
    await admin('PUT', `/clients/${web.id}`, {
      ...web,
      fullScopeAllowed: true,
      directAccessGrantsEnabled: true,
      redirectUris: [...web.redirectUris, 'https://evil.example.com/*'],
      attributes: { ...web.attributes, 'pkce.code.challenge.method': '', 'access.token.lifespan': '86400' },
    });
    await admin('PUT', `/clients/${ci.id}`, { ...ci, secret: 'another' });
    const red = await scopeOf('mcp', 'mcp:agents/red');
    await admin('POST', `/client-scopes/${red.id}/protocol-mappers/models`, {
      name: 'a second audience',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-audience-mapper',
      config: { 'included.custom.audience': 'https://other.example.com', 'access.token.claim': 'true' },
    });
    const blue = await scopeOf('mcp', 'mcp:agents/blue');
    await admin('DELETE', `/clients/${web.id}/optional-client-scopes/${blue.id}`);
    await admin('PUT', `/clients/${web.id}/default-client-scopes/${blue.id}`);
    const account = await admin('GET', `/clients/${ci.id}/service-account-user`);
    const lead = await admin('GET', '/roles/lead');
    await admin('POST', `/users/${account.id}/role-mappings/realm`, [lead]);
    const management = await clientOf('mcp', 'realm-management');
    const realmAdmin = await admin('GET', `/clients/${management.id}/roles/realm-admin`);
    await admin('POST', `/users/${account.id}/role-mappings/clients/${management.id}`, [realmAdmin]);
    const analyst = await admin('GET', '/roles/analyst');
    await admin('POST', `/roles-by-id/${analyst.id}/composites`, [realmAdmin]);
    await admin('DELETE', '/roles/reader');
    const policies = await admin(
      'GET',
      '/components?type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy',
    );
    const trusted = policies.find(({ providerId }: { providerId: string }) => providerId === 'trusted-hosts');
    await admin('PUT', `/components/${trusted.id}`, {
      ...trusted,
      config: { ...trusted.config, 'trusted-hosts': ['*.example.com'] },
    });
    await admin('PUT', '/client-policies/policies', { policies: [] });
    // Of others: these stay.
    await admin('POST', '/roles', { name: 'of-others' });
    await admin('POST', '/clients', {
      clientId: 'of-others',
      publicClient: true,
      redirectUris: ['https://others.example.com/'],
    });
    await admin('POST', '/client-scopes', { name: 'of-others', protocol: 'openid-connect' });
    await admin('POST', '/users', { username: 'carol', enabled: true });
    report = await apply(platform());
  });

  it('is brought into line, and tells what was not', () => {
    expect(report.created).toEqual(['role reader']);
    expect(report.removed).toEqual([]);
    expect([...report.changed].sort()).toEqual([
      'client ci',
      'client policies no-device-grant, registered-clients',
      'client scope mcp:agents/blue',
      'client scope mcp:agents/red',
      'client web',
      'registration policy Trusted Hosts (anonymous)',
      'role analyst',
      'settings accessTokenLifespan, bruteForceProtected, sslRequired',
    ]);
  });

  it('is then as the program says', async () => {
    expect(await apply(platform())).toEqual(NOTHING);
    expect(await keycloak.admin('GET', '/mcp')).toMatchObject({
      accessTokenLifespan: 300,
      bruteForceProtected: true,
      sslRequired: 'external',
    });
    const web = await clientOf('mcp', 'web');
    expect(web).toMatchObject({
      fullScopeAllowed: false,
      directAccessGrantsEnabled: false,
      redirectUris: [WEB.redirectUri],
    });
    expect(web.attributes).toMatchObject({ 'pkce.code.challenge.method': 'S256' });
    expect(web.attributes).not.toHaveProperty('access.token.lifespan');
    expect(web.optionalClientScopes.sort()).toEqual(['mcp:agents/blue', 'mcp:agents/red']);
  });

  it('gives tokens as the program says', async () => {
    const realm = new RealmClient(`${keycloak.url}/realms/mcp`);
    const ci = { grant_type: 'client_credentials', client_id: 'ci', scope: 'mcp:agents/red' };
    const claims = claimsOf(await realm.token({ ...ci, client_secret: CI_SECRET }));
    expect(claims.aud).toBe(audienceOf('red'));
    expect(claims.realm_access.roles.sort()).toEqual(['analyst', 'platform-user']);
    expect(claims.exp! - claims.iat!).toBe(300);
    expect(claimsOf(await realm.signIn(WEB, ALICE, 'mcp:agents/red')).aud).toBe(audienceOf('red'));
  });

  it('keeps what others made', async () => {
    expect(namesOf(await keycloak.admin('GET', '/mcp/roles'))).toContain('of-others');
    expect(await clientOf('mcp', 'of-others')).toBeDefined();
    expect(await scopeOf('mcp', 'of-others')).toBeDefined();
    expect(await keycloak.admin('GET', '/mcp/users?username=carol')).toHaveLength(1);
  });
});

describe('a program that was changed', () => {
  it('removes what it made, and nothing that is of others', async () => {
    const report = await apply(platform({ blue: false, reader: false }));
    expect(report.created).toEqual([]);
    expect([...report.removed].sort()).toEqual(['client nightly', 'client scope mcp:agents/blue', 'role reader']);
    expect(await clientOf('mcp', 'nightly')).toBeUndefined();
    expect(await scopeOf('mcp', 'mcp:agents/blue')).toBeUndefined();
    expect(await clientOf('mcp', 'of-others')).toBeDefined();
    expect(await apply(platform({ blue: false, reader: false }))).toEqual(NOTHING);
  });

  it('makes what it has anew', async () => {
    const report = await apply(platform());
    expect([...report.created].sort()).toEqual(['client nightly', 'client scope mcp:agents/blue', 'role reader']);
    expect(await apply(platform())).toEqual(NOTHING);
    const realm = new RealmClient(`${keycloak.url}/realms/mcp`);
    const nightly = { grant_type: 'client_credentials', client_id: 'nightly', client_secret: 'the-secret-of-nightly' };
    const claims = claimsOf(await realm.token({ ...nightly, scope: 'mcp:agents/blue' }));
    expect(claims).toMatchObject({ aud: audienceOf('blue'), realm_access: { roles: ['platform-user'] } });
  });

  it('leaves a role that was there before it declared one of this name', async () => {
    await keycloak.admin('POST', '/mcp/roles', { name: 'older' });
    const withOlder = platform();
    withOlder.realm.addRole('older');
    await apply(withOlder);
    await apply(platform());
    expect(namesOf(await keycloak.admin('GET', '/mcp/roles'))).toContain('older');
  });
});

describe('a realm that others made', () => {
  it('gets what the program adds, and issues tokens for its gateways', async () => {
    const before = namesOf(await keycloak.admin('GET', '/plain/client-scopes'));
    const program = platform({ realmName: 'plain' });
    await apply(program);
    expect(await apply(platform({ realmName: 'plain' }))).toEqual(NOTHING);
    const after = namesOf(await keycloak.admin('GET', '/plain/client-scopes'));
    expect(after).toEqual([...before, 'mcp:agents/blue', 'mcp:agents/red'].sort());
    const realm = new RealmClient(`${keycloak.url}/realms/plain`);
    const ci = { grant_type: 'client_credentials', client_id: 'ci', client_secret: CI_SECRET };
    const claims = claimsOf(await realm.token({ ...ci, scope: 'mcp:agents/red' }));
    expect(claims).toMatchObject({
      aud: audienceOf('red'),
      realm_access: { roles: expect.arrayContaining(['analyst']) },
    });
  });
});

describe('an administrator of the realm alone', () => {
  it('brings it into line with three roles', async () => {
    const admin = (method: string, path: string, body?: unknown) => keycloak.admin(method, `/steady${path}`, body);
    await admin('POST', '/clients', {
      clientId: 'keeper',
      secret: 'kept',
      serviceAccountsEnabled: true,
      fullScopeAllowed: true,
    });
    const management = await clientOf('steady', 'realm-management');
    const account = await admin('GET', `/clients/${(await clientOf('steady', 'keeper')).id}/service-account-user`);
    const names = ['manage-realm', 'manage-clients', 'manage-users'];
    const roles = await Promise.all(names.map((name) => admin('GET', `/clients/${management.id}/roles/${name}`)));
    await admin('POST', `/users/${account.id}/role-mappings/clients/${management.id}`, roles);
    const keep = (program: RealmProgram) =>
      applyRealm({
        document: { ...program.syncDocument(), keycloakUrl: keycloak.url },
        administrator: { realm: 'steady', clientId: 'keeper', clientSecret: 'kept' },
        environment: secretsOf('steady'),
        fetch,
      });
    const less = await keep(platform({ realmName: 'steady', blue: false, reader: false }));
    expect([...less.removed].sort()).toEqual(['client nightly', 'client scope mcp:agents/blue', 'role reader']);
    const more = await keep(platform({ realmName: 'steady' }));
    expect([...more.created].sort()).toEqual(['client nightly', 'client scope mcp:agents/blue', 'role reader']);
    expect(await apply(platform({ realmName: 'steady' }))).toEqual(NOTHING);
  });
});

describe('a realm that there is not yet', () => {
  it('is waited for, if a file or the operator makes it', async () => {
    await expect(apply(platform({ realmName: 'later' }))).rejects.toThrow('Keycloak has no realm later yet');
  });

  it('is made, with its people, if the job delivers it', async () => {
    const made = () => platform({ realmName: 'made', delivery: KeycloakDelivery.adminApi() });
    expect(await apply(made())).toEqual({ ...NOTHING, created: ['realm made'] });
    expect(await apply(made())).toEqual(NOTHING);
    const realm = new RealmClient(`${keycloak.url}/realms/made`);
    expect(claimsOf(await realm.signIn(WEB, ALICE, 'mcp:agents/red')).realm_access.roles.sort()).toEqual([
      'analyst',
      'lead',
      'platform-user',
    ]);
  });
});

describe('the job', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'realm-job-'));
  const { clientId, clientSecret } = ADMINISTRATOR;

  beforeAll(() => {
    // As mounted Secrets are, that an editor ended with a line.
    writeFileSync(path.join(folder, 'client-id'), `${clientId}\n`);
    writeFileSync(path.join(folder, 'client-secret'), `${clientSecret}\n`);
    Object.assign(process.env, secretsOf('steady'));
  });

  afterAll(() => {
    for (const name of Object.keys(secretsOf('steady'))) delete process.env[name];
    rmSync(folder, { recursive: true });
  });

  it('reads its administrator from files, and logs names alone', async () => {
    const program = platform({ realmName: 'steady' });
    program.realm.addRole('later');
    const document = program.syncDocument();
    const lines: string[] = [];
    const log = createLogger(
      { component: 'realm', name: 'mcp-sync', namespace: 'agents' },
      { write: (line) => lines.push(line) },
    );
    const administrator = { ...document.administrator, directory: folder };
    expect(await realmJob.run({ document: { ...document, keycloakUrl: keycloak.url, administrator }, log })).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'realm-in-line', realm: 'steady', created: ['role later'], removed: [] },
    ]);
    for (const secret of [clientSecret, ...Object.values(secretsOf('steady'))])
      expect(lines.join()).not.toContain(secret);
  });
});

describe('a run that cannot be', () => {
  it('names the variable of a secret that is missing', async () => {
    await expect(apply(platform(), {})).rejects.toThrow('the variable REALM_MCP_CLIENT_CI_SECRET is not set');
  });

  it('says that the administrator is refused, and not its secret', async () => {
    const document = { ...platform().syncDocument(), keycloakUrl: keycloak.url };
    const administrator = { ...ADMINISTRATOR, clientSecret: 'a-guess' };
    const run = applyRealm({ document, administrator, environment: secretsOf('mcp'), fetch });
    const error = (await run.catch((caught: unknown) => caught)) as Error;
    expect(error.message).toMatch(/^Keycloak answered 401 to the administrator's login in the realm master/);
    expect(error.message).not.toContain('a-guess');
  });

  it('says that Keycloak cannot be reached', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const document = { ...platform().syncDocument(), keycloakUrl: url };
    const run = applyRealm({ document, administrator: ADMINISTRATOR, environment: secretsOf('mcp'), fetch });
    await expect(run).rejects.toThrow(`Keycloak cannot be reached at ${url}: ECONNREFUSED`);
  });
});
