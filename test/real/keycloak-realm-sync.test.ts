import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeycloakDelivery } from 'agentyard';
import { applyRealm, realmJob, type RealmReport } from '../../identity-runtime/src/realm';
import { createLogger } from '../../runtime-kit/src';
import { silenceWarnings } from '../constructs/silence-warnings';
import { ADMINISTRATOR } from '../keycloak/distribution';
import { Keycloak, START_TIMEOUT } from '../keycloak/keycloak';
import { freePort } from '../keycloak/process';
import { claimsOf, RealmClient } from '../keycloak/realm-client';
import { ADMINISTERED, ALICE, CI_SECRET, platform, secretsOf, WEB } from '../keycloak/realm-platform';
import { audienceOf, RealmProgram } from '../keycloak/realm-program';

jest.setTimeout(120_000);
silenceWarnings();

const NOTHING: RealmReport = { created: [], changed: [], removed: [], unmarked: [] };
/** Settings of grants that no program speaks of. */
const OF_OTHER_GRANTS = { cibaExpiresIn: '300', parRequestUriLifespan: '90' };
/** Client scopes that every realm has. */
const BUILT_IN_SCOPES = ['acr', 'basic', 'email', 'profile', 'roles', 'web-origins'];

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
    await admin('PUT', '', {
      accessTokenLifespan: 86_400,
      bruteForceProtected: false,
      sslRequired: 'none',
      eventsListeners: ['jboss-logging', 'email'],
      attributes: OF_OTHER_GRANTS,
    });
    const [web, ci] = [await clientOf('mcp', 'web'), await clientOf('mcp', 'ci')];
    const flows: { id: string; alias: string }[] = await admin('GET', '/authentication/flows');
    await admin('PUT', `/clients/${web.id}`, {
      ...web,
      fullScopeAllowed: true,
      directAccessGrantsEnabled: true,
      authenticationFlowBindingOverrides: { browser: flows.find(({ alias }) => alias === 'registration')?.id },
      adminUrl: 'https://evil.example.com/',
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
    await admin('POST', '/groups', { name: 'leads' });
    const [leads] = await admin('GET', '/groups?search=leads');
    await admin('POST', `/groups/${leads.id}/role-mappings/realm`, [lead]);
    await admin('PUT', `/users/${account.id}/groups/${leads.id}`);
    await admin('POST', `/roles-by-id/${(await admin('GET', '')).defaultRole.id}/composites`, [lead]);
    const adminCli = await clientOf('mcp', 'admin-cli');
    await admin('PUT', `/clients/${adminCli.id}`, { ...adminCli, directAccessGrantsEnabled: true });
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
    expect(report.unmarked).toEqual([]);
    expect([...report.changed].sort()).toEqual([
      'client admin-cli',
      'client ci',
      'client policies no-device-grant, registered-clients',
      'client scope mcp:agents/blue',
      'client scope mcp:agents/red',
      'client web',
      'registration policy Trusted Hosts (anonymous)',
      'role analyst',
      'role default-roles-mcp',
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
      authenticationFlowBindingOverrides: {},
      redirectUris: [WEB.redirectUri],
    });
    expect(web.adminUrl ?? '').toBe('');
    expect(await clientOf('mcp', 'admin-cli')).toMatchObject({ directAccessGrantsEnabled: false });
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
    const { attributes, eventsListeners } = await keycloak.admin('GET', '/mcp');
    expect(attributes).toMatchObject(OF_OTHER_GRANTS);
    expect(eventsListeners).toContain('email');
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
    expect((await apply(withOlder)).unmarked).toEqual([{ what: 'role older', owner: 'program' }]);
    expect((await apply(platform())).removed).toEqual([]);
    expect(namesOf(await keycloak.admin('GET', '/mcp/roles'))).toContain('older');
  });

  it('leaves a client whose mark was taken away, and says so', async () => {
    const web = await clientOf('mcp', 'web');
    await keycloak.admin('PUT', `/mcp/clients/${web.id}`, {
      ...web,
      redirectUris: [...web.redirectUris, 'https://older.example.com/'],
      attributes: { ...web.attributes, 'agentyard.owner': '' },
    });
    const unmarked = [{ what: 'client web', owner: 'program' }];
    expect(await apply(platform())).toEqual({ ...NOTHING, unmarked });
    const taken = await clientOf('mcp', 'web');
    await keycloak.admin('PUT', `/mcp/clients/${web.id}`, {
      ...taken,
      attributes: { ...taken.attributes, 'agentyard.owner': 'program' },
    });
    expect(await apply(platform())).toEqual({ ...NOTHING, changed: ['client web'] });
    expect((await clientOf('mcp', 'web')).redirectUris).toEqual([WEB.redirectUri]);
  });
});

describe('a second program in the realm', () => {
  /** It shares nothing with the first but the realm, unless it declares the client `web`, too. */
  function second({ web = false, client = true } = {}) {
    const program = new RealmProgram({ ...ADMINISTERED, realmName: 'mcp' }, 'second');
    program.realm.addRole('teller');
    if (client) program.realm.addClient('bank', { redirectUris: ['https://bank.example.com/signed-in'] });
    if (web) program.realm.addClient('web', { redirectUris: ['https://bank.example.com/signed-in'] });
    program.addGateway('green');
    return program;
  }

  it('adds what it declares, and each leaves the other what it has', async () => {
    const { created, removed } = await apply(second());
    expect([...created].sort()).toEqual(['client bank', 'client scope mcp:agents/green', 'role teller']);
    expect(removed).toEqual([]);
    expect(await apply(platform())).toEqual(NOTHING);
    expect(await apply(second())).toEqual(NOTHING);
  });

  it('removes its own alone', async () => {
    expect(await apply(second({ client: false }))).toEqual({ ...NOTHING, removed: ['client bank'] });
    expect(await apply(platform())).toEqual(NOTHING);
  });

  it('cannot have a client of the first', async () => {
    await expect(apply(second({ web: true }))).rejects.toThrow(
      'the client web is of the program "program", and the program "second" declares it',
    );
    expect((await clientOf('mcp', 'web')).redirectUris).toEqual([WEB.redirectUri]);
    expect(await apply(platform())).toEqual(NOTHING);
  });
});

describe('a realm that others made', () => {
  it('gets what the program adds, and issues tokens for its gateways', async () => {
    const before = namesOf(await keycloak.admin('GET', '/plain/client-scopes'));
    const program = platform({ realmName: 'plain' });
    await apply(program);
    const unmarked = BUILT_IN_SCOPES.map((name) => ({ what: `client scope ${name}`, owner: '*' }));
    expect(await apply(platform({ realmName: 'plain' }))).toEqual({ ...NOTHING, unmarked });
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

describe('a realm with capital letters', () => {
  it('is brought into line, with the default role that Keycloak has named', async () => {
    await keycloak.admin('POST', '', { realm: 'Acme', enabled: true });
    const acme = () => platform({ realmName: 'Acme' });
    await apply(acme());
    expect(await apply(acme())).toMatchObject({ created: [], changed: [], removed: [] });
    const { name, id } = (await keycloak.admin('GET', '/Acme')).defaultRole;
    expect(name).toBe('default-roles-acme');
    expect(namesOf(await keycloak.admin('GET', `/Acme/roles-by-id/${id}/composites`))).toContain('platform-user');
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
    expect(error.message).toContain("Keycloak answered 401 to the administrator's login in the realm master");
    expect(error.message).not.toContain('a-guess');
  });

  it('says that Keycloak cannot be reached', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const document = { ...platform().syncDocument(), keycloakUrl: url };
    const run = applyRealm({ document, administrator: ADMINISTRATOR, environment: secretsOf('mcp'), fetch });
    await expect(run).rejects.toThrow(`Keycloak cannot be reached at ${url}: ECONNREFUSED`);
  });
});
