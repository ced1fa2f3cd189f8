import { realmRepresentation } from '../../lib/identity/keycloak/realm';
import type { RealmSpec } from '../../lib/identity/keycloak/realm-spec';
import { applyRealm, type RealmReport } from '../src/realm';
import { KeycloakError } from '../src/realm/keycloak-error';
import { MemoryKeycloak } from './memory-keycloak';

const IN_LINE = { created: [], changed: [], removed: [] };
const web = {
  clientId: 'web',
  displayName: 'web',
  description: '',
  redirectUris: ['https://app.example.com/signed-in'],
  webOrigins: [],
  consentRequired: false,
};
const ci = { clientId: 'ci', description: '', roles: ['analyst'], secret: { secretName: 'ci', key: 'secret' } };
const lin = { username: 'lin', roles: [], password: { secretName: 'people', key: 'lin' }, temporary: true };

/** What a program says of a realm. */
function program(changes: Partial<RealmSpec> = {}): RealmSpec {
  return {
    name: 'mcp',
    owner: 'shop',
    accessTokenSeconds: 300,
    registration: { hosts: [], checkSender: true, maxClients: 200 },
    roles: [{ name: 'analyst', description: 'Reads logs', includes: [] }],
    gateways: [{ scope: 'mcp:agents/red', audience: 'https://red.example.com' }],
    clients: [web],
    serviceClients: [ci],
    users: [],
    ...changes,
  };
}

/** Another program that has nothing in common with it but the realm. */
const other = program({
  owner: 'bank',
  roles: [{ name: 'teller', description: '', includes: [] }],
  gateways: [{ scope: 'mcp:bank/blue', audience: 'https://blue.example.com' }],
  clients: [{ ...web, clientId: 'bank-web' }],
  serviceClients: [{ ...ci, clientId: 'bank-ci', roles: ['teller'] }],
});

const ENVIRONMENT = {
  REALM_MCP_CLIENT_CI_SECRET: 'a',
  REALM_MCP_CLIENT_BANK_CI_SECRET: 'b',
  REALM_ACME_CLIENT_CI_SECRET: 'c',
};

function apply(keycloak: MemoryKeycloak, spec = program(), environment: Record<string, string> = ENVIRONMENT) {
  const document = {
    create: false,
    keycloakUrl: 'http://keycloak',
    owner: spec.owner,
    realm: realmRepresentation(spec),
  };
  const administrator = { realm: 'master', clientId: 'administrator', clientSecret: 'secret' };
  return applyRealm({ document, administrator, environment, fetch: keycloak.fetch });
}

/** A realm that a program is in line with. */
async function aligned(spec = program()): Promise<MemoryKeycloak> {
  const keycloak = new MemoryKeycloak(spec.name);
  await apply(keycloak, spec);
  keycloak.written.length = 0;
  return keycloak;
}

const changedBy = async (keycloak: MemoryKeycloak, spec = program()): Promise<RealmReport['changed']> =>
  (await apply(keycloak, spec)).changed;

it('a second run changes nothing', async () => {
  const keycloak = await aligned();
  expect(await apply(keycloak)).toMatchObject({ ...IN_LINE, unmarked: [] });
  expect(keycloak.written).toEqual([]);
});

it('a run that breaks off, wherever it does, leaves nothing that a later one does not know', async () => {
  const writes = new MemoryKeycloak('mcp');
  await apply(writes);
  for (let last = 0; last < writes.written.length; last += 1) {
    const keycloak = new MemoryKeycloak('mcp');
    keycloak.beforeWrite = () => {
      if (keycloak.written.length > last) throw new Error('the network is gone');
    };
    await expect(apply(keycloak)).rejects.toThrow(KeycloakError);
    keycloak.beforeWrite = () => undefined;
    expect((await apply(keycloak)).unmarked).toEqual([]);
    const { removed } = await apply(keycloak, program({ roles: [], gateways: [], clients: [], serviceClients: [] }));
    expect(removed).toEqual(['client ci', 'client web', 'client scope mcp:agents/red', 'role analyst']);
  }
});

describe('two programs in one realm', () => {
  it('keep their things', async () => {
    const keycloak = await aligned();
    expect((await apply(keycloak, other)).removed).toEqual([]);
    expect(await apply(keycloak)).toMatchObject({ ...IN_LINE, unmarked: [] });
    expect(await apply(keycloak, other)).toMatchObject({ ...IN_LINE, unmarked: [] });
    expect(keycloak.rolesOfAccount('bank-ci')).toEqual(['default-roles-mcp', 'teller']);
  });

  it('each removes its own alone', async () => {
    const keycloak = await aligned();
    await apply(keycloak, other);
    const { removed } = await apply(keycloak, { ...other, roles: [], gateways: [], clients: [], serviceClients: [] });
    expect(removed).toEqual(['client bank-ci', 'client bank-web', 'client scope mcp:bank/blue', 'role teller']);
    expect(await apply(keycloak)).toMatchObject(IN_LINE);
  });

  it('cannot both have a thing: nothing is changed, and it is said whose it is', async () => {
    const keycloak = await aligned();
    const error = (await apply(keycloak, program({ owner: 'bank' })).catch((caught: unknown) => caught)) as Error;
    expect(error).toBeInstanceOf(KeycloakError);
    expect(error.message).toMatch(
      /^\/admin\/realms\/mcp: .*the client web is of the program "shop", and the program "bank" declares it/,
    );
    expect(error.message).toContain('the role analyst is of');
    expect(error).toMatchObject({ remedy: expect.stringContaining('declare it in one program alone') });
    expect(keycloak.written).toEqual([]);
  });
});

describe('what was there before', () => {
  it('has at least what the program says, is named in each run, and stays', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    keycloak.addRole({ name: 'analyst' });
    keycloak.addClient({
      clientId: 'web',
      enabled: true,
      fullScopeAllowed: true,
      redirectUris: ['https://old.example.com/'],
    });
    const unmarked = [
      { what: 'client web', owner: 'shop' },
      { what: 'role analyst', owner: 'shop' },
    ];
    expect((await apply(keycloak)).unmarked).toEqual(unmarked);
    expect(await apply(keycloak)).toMatchObject({ ...IN_LINE, unmarked });
    expect(keycloak.client('web')).toMatchObject({
      fullScopeAllowed: false,
      redirectUris: ['https://old.example.com/', 'https://app.example.com/signed-in'],
    });
    const { removed } = await apply(keycloak, program({ roles: [], clients: [], serviceClients: [] }));
    expect(removed).toEqual(['client ci']);
  });

  it('is exact as soon as it has the mark', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    keycloak.addClient({ clientId: 'web', redirectUris: ['https://old.example.com/'] });
    await apply(keycloak);
    keycloak.client('web').attributes['agentyard.owner'] = 'shop';
    expect(await apply(keycloak)).toMatchObject({ changed: ['client web'], unmarked: [] });
    expect(keycloak.client('web').redirectUris).toEqual(web.redirectUris);
  });

  it('is what has lost its mark', async () => {
    const keycloak = await aligned();
    delete keycloak.scope('mcp:agents/red').attributes['agentyard.owner'];
    delete keycloak.scope('basic').attributes['agentyard.owner'];
    expect((await apply(keycloak)).unmarked).toEqual([
      { what: 'client scope basic', owner: '*' },
      { what: 'client scope mcp:agents/red', owner: 'shop' },
    ]);
    const { removed } = await apply(keycloak, program({ gateways: [] }));
    expect(removed).toEqual([]);
  });

  it('is Keycloak’s own, whatever its mark', async () => {
    const keycloak = await aligned();
    keycloak.addClient({ clientId: 'realm-management', attributes: { 'agentyard.owner': 'shop' } });
    keycloak.addRole({ name: 'offline_access', attributes: { 'agentyard.owner': ['shop'] } });
    keycloak.client('account').attributes['agentyard.owner'] = 'bank';
    expect(await apply(keycloak)).toMatchObject({ ...IN_LINE, unmarked: [] });
  });
});

describe('drift', () => {
  it.each<[string, Record<string, unknown>]>([
    ['a sign-in without password', { authenticationFlowBindingOverrides: { browser: 'flow-without-password' } }],
    ['a URL that Keycloak calls', { adminUrl: 'http://169.254.169.254/' }],
    ['a page that people are led to', { baseUrl: 'https://evil.example.com/', rootUrl: 'https://evil.example.com' }],
    ['permissions of its own', { authorizationServicesEnabled: true }],
    ['full scope', { fullScopeAllowed: true }],
  ])('of a client: %s', async (_, change) => {
    const keycloak = await aligned();
    Object.assign(keycloak.client('web'), change);
    expect(await changedBy(keycloak)).toEqual(['client web']);
    const { authenticationFlowBindingOverrides, adminUrl, baseUrl, rootUrl } = keycloak.client('web');
    expect(authenticationFlowBindingOverrides).toEqual({});
    expect([adminUrl, baseUrl, rootUrl].filter(Boolean)).toEqual([]);
    expect(keycloak.client('web')).toMatchObject({ authorizationServicesEnabled: false, fullScopeAllowed: false });
    expect(await changedBy(keycloak)).toEqual([]);
  });

  it('of attributes', async () => {
    const keycloak = await aligned();
    Object.assign(keycloak.client('ci').attributes, {
      'client.secret.rotated': 'known to somebody',
      'client.secret.rotated.expiration.time': '4102444800',
      'access.token.lifespan': '86400',
      'client.secret.creation.time': '1',
    });
    Object.assign(keycloak.scope('mcp:agents/red').attributes, { 'is.dynamic.scope': 'true' });
    keycloak.role('analyst').attributes.other = ['x'];
    expect(await changedBy(keycloak)).toEqual(['role analyst', 'client scope mcp:agents/red', 'client ci']);
    const { attributes } = keycloak.client('ci');
    expect(Object.keys(attributes).filter((name) => /secret|lifespan/.test(name))).toEqual([
      'client.secret.creation.time',
    ]);
    expect(keycloak.scope('mcp:agents/red').attributes).not.toHaveProperty(['is.dynamic.scope']);
    expect(keycloak.role('analyst').attributes).toEqual({ 'agentyard.owner': ['shop'] });
    expect(await changedBy(keycloak)).toEqual([]);
  });

  it('of what a built-in client scope puts into every token', async () => {
    const keycloak = await aligned();
    keycloak.scope('basic').protocolMappers.push({ id: 'm', name: 'audience', protocolMapper: 'oidc-audience-mapper' });
    expect(await changedBy(keycloak)).toEqual(['client scope basic']);
  });

  it('of the groups of a service account, which bring roles', async () => {
    const keycloak = await aligned();
    const account = `account-of-${keycloak.client('ci').id}`;
    keycloak.groups.set(account, [{ id: 'g1', name: 'administrators' }]);
    expect(await changedBy(keycloak)).toEqual(['client ci']);
    expect(keycloak.groups.get(account)).toEqual([]);
  });

  it('of Keycloak’s own clients, of which one that is off stays off', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    keycloak.client('account').enabled = false;
    keycloak.client('admin-cli').redirectUris = ['https://others.example.com/'];
    await apply(keycloak);
    expect(keycloak.client('admin-cli')).toMatchObject({
      directAccessGrantsEnabled: false,
      fullScopeAllowed: false,
      redirectUris: ['https://others.example.com/'],
    });
    expect(keycloak.client('admin-cli').attributes).not.toHaveProperty(['agentyard.owner']);
    expect(keycloak.client('account')).toMatchObject({ enabled: false });
  });

  it('of Keycloak’s own clients, of which one that is gone stays gone', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    keycloak.clients.splice(0, 2);
    expect((await apply(keycloak)).created).not.toContain('client account');
  });

  it('of the role of every user: it loses roles of the program, and keeps those of others', async () => {
    const keycloak = await aligned();
    const { id } = keycloak.realm.defaultRole;
    const theirs = keycloak.addRole({ name: 'employee' });
    keycloak.composites.get(id)!.push(keycloak.role('analyst'), theirs);
    expect(await changedBy(keycloak)).toEqual(['role default-roles-mcp']);
    expect(keycloak.composites.get(id)!.map(({ name }) => name)).toEqual(['platform-user', 'employee']);
  });
});

describe('a realm that others made', () => {
  it('keeps its default role, whatever it is called', async () => {
    const spec = program({ name: 'Acme' });
    const keycloak = await aligned(spec);
    expect(keycloak.rolesOfAccount('ci')).toEqual(['analyst', 'default-roles-acme']);
    keycloak.realm.defaultRole.name = keycloak.roles[0]!.name = 'default-roles-before-it-was-renamed';
    expect(await changedBy(keycloak, spec)).toEqual([]);
    expect(keycloak.composites.get(keycloak.realm.defaultRole.id)!.map(({ name }) => name)).toEqual(['platform-user']);
  });

  it('keeps who listens to its events, how long they are kept, and what it is called', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    const eventsListeners = ['jboss-logging', 'to-the-siem'];
    Object.assign(keycloak.realm, {
      displayName: 'Acme',
      eventsEnabled: true,
      eventsListeners,
      eventsExpiration: 31_536_000,
    });
    await apply(keycloak);
    expect(keycloak.realm).toMatchObject({ displayName: 'Acme', eventsListeners, eventsExpiration: 31_536_000 });
    await apply(keycloak, program({ displayName: 'Shop' }));
    expect(keycloak.realm.displayName).toBe('Shop');
  });

  it.each([
    ['for a week at least', { eventsEnabled: true, eventsExpiration: 60 }, 604_800],
    ['for ever, if they were', { eventsEnabled: true, eventsExpiration: 0 }, 0],
    ['for a week, if there were none', { eventsEnabled: false }, 604_800],
  ])('keeps events %s', async (_, before, after) => {
    const keycloak = new MemoryKeycloak('mcp');
    Object.assign(keycloak.realm, before);
    await apply(keycloak);
    expect(keycloak.realm.eventsExpiration).toBe(after);
  });

  it('keeps its settings of other grants when others are changed', async () => {
    const keycloak = await aligned();
    Object.assign(keycloak.realm, { accessTokenLifespan: 86_400, attributes: { cibaExpiresIn: '300' } });
    expect(await changedBy(keycloak)).toEqual(['settings accessTokenLifespan']);
    expect(keycloak.realm).toMatchObject({ accessTokenLifespan: 300, attributes: { cibaExpiresIn: '300' } });
  });

  it('may have many clients and roles', async () => {
    const keycloak = new MemoryKeycloak('mcp');
    for (let i = 0; i < 250; i += 1) {
      keycloak.addClient({ clientId: `a-${i}` });
      keycloak.addRole({ name: `a-${i}` });
    }
    await apply(keycloak);
    expect(await apply(keycloak)).toMatchObject(IN_LINE);
  });
});

describe('secrets', () => {
  it('of clients are needed in each run', async () => {
    const keycloak = await aligned();
    await expect(apply(keycloak, program(), {})).rejects.toThrow('the variable REALM_MCP_CLIENT_CI_SECRET is not set');
  });

  it('passwords of people are not, once the realm is made', async () => {
    const keycloak = await aligned();
    expect(await apply(keycloak, program({ users: [lin] }))).toMatchObject(IN_LINE);
  });

  it('passwords of people are, when it is made', async () => {
    const spec = program({ users: [lin] });
    const document = { create: true, keycloakUrl: 'http://keycloak', owner: 'shop', realm: realmRepresentation(spec) };
    const none = ((url: string) =>
      Promise.resolve(
        url.endsWith('/token')
          ? Response.json({ access_token: 'token', expires_in: 300 })
          : Response.json({ error: 'Realm not found.' }, { status: 404 }),
      )) as typeof fetch;
    const administrator = { realm: 'master', clientId: 'administrator', clientSecret: 'secret' };
    const run = applyRealm({ document, administrator, environment: ENVIRONMENT, fetch: none });
    await expect(run).rejects.toThrow('the variable REALM_MCP_USER_LIN_PASSWORD is not set');
  });
});

it('a role that is not there ends the run, and is not passed over', async () => {
  const keycloak = await aligned(program({ serviceClients: [] }));
  const broken = { ...program(), serviceClients: [{ ...ci, roles: ['analyst', 'gone'] }] };
  await expect(apply(keycloak, broken)).rejects.toThrow('the realm has no role gone, which the client ci is to have');
});
