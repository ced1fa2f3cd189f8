import fc from 'fast-check';
import { keycloakRealm, OWNER_ATTRIBUTE, REGISTRATION_POLICY } from 'agentyard/contract';
import { placeholders } from '../../lib/identity/keycloak/placeholder';
import { realmRepresentation } from '../../lib/identity/keycloak/realm';
import { realmFileText } from '../../lib/identity/keycloak/realm-file';
import type { RealmSpec } from '../../lib/identity/keycloak/realm-spec';

const SPEC: RealmSpec = {
  name: 'mcp',
  owner: 'shop',
  displayName: 'MCP',
  accessTokenSeconds: 300,
  roles: [
    { name: 'analyst', description: 'Reads logs', includes: [] },
    { name: 'lead', description: '', includes: ['analyst', 'reader'] },
    { name: 'reader', description: '', includes: [] },
  ],
  gateways: [
    { scope: 'mcp:agents/red', audience: 'https://red.example.com' },
    { scope: 'mcp:agents/blue', audience: 'https://blue.example.com' },
  ],
  clients: ['web', 'cli'].map((clientId) => ({
    clientId,
    displayName: clientId,
    description: '',
    redirectUris: [`https://${clientId}.example.com/b`, `https://${clientId}.example.com/a`],
    webOrigins: [`https://${clientId}.example.com`],
    consentRequired: false,
  })),
  serviceClients: [
    { clientId: 'CI', description: '', roles: ['reader', 'analyst'], secret: { secretName: 'ci', key: 'secret' } },
    { clientId: 'signer', description: '', roles: [], jwksUrl: 'https://signer.example.com/jwks.json' },
  ],
  users: ['bob', 'alice'].map((username) => ({
    username,
    email: `${username}@example.com`,
    roles: ['lead'],
    password: { secretName: 'people', key: username },
    temporary: username === 'bob',
  })),
  registration: { hosts: [], checkSender: true, maxClients: 200 },
};

const realm = realmRepresentation(SPEC);
const byName = <T extends { name: string }>(things: readonly T[], name: string) =>
  things.find((thing) => thing.name === name);
const mappersOf = (scope: string) =>
  Object.fromEntries((byName(realm.clientScopes, scope)?.protocolMappers ?? []).map((m) => [m.name, m.protocolMapper]));

it('is what the contract says of a realm', () => {
  expect(keycloakRealm.parse(realm)).toEqual(realm);
});

it('does not depend on the order of the program', () => {
  const shuffled = <T>(things: readonly T[]) =>
    fc.shuffledSubarray([...things], { minLength: things.length, maxLength: things.length });
  fc.assert(
    fc.property(
      fc.record({
        roles: shuffled(SPEC.roles),
        gateways: shuffled(SPEC.gateways),
        clients: shuffled(SPEC.clients),
        serviceClients: shuffled(SPEC.serviceClients),
        users: shuffled(SPEC.users),
      }),
      (members) => JSON.stringify(realmRepresentation({ ...SPEC, ...members })) === JSON.stringify(realm),
    ),
  );
});

describe('client scopes', () => {
  it('are the built-in ones, which Keycloak would not add, and one for each gateway', () => {
    expect(realm.clientScopes.map(({ name }) => name)).toEqual([
      'acr',
      'basic',
      'email',
      'mcp:agents/blue',
      'mcp:agents/red',
      'profile',
      'roles',
      'web-origins',
    ]);
    expect(mappersOf('basic')).toEqual({ sub: 'oidc-sub-mapper', auth_time: 'oidc-usersessionmodel-note-mapper' });
    expect(mappersOf('roles')).toEqual({
      'audience resolve': 'oidc-audience-resolve-mapper',
      'client roles': 'oidc-usermodel-client-role-mapper',
      'realm roles': 'oidc-usermodel-realm-role-mapper',
    });
    expect(mappersOf('acr')).toEqual({ 'acr loa level': 'oidc-acr-mapper' });
    expect(mappersOf('web-origins')).toEqual({ 'allowed web origins': 'oidc-allowed-origins-mapper' });
    expect(Object.keys(mappersOf('email'))).toEqual(['email', 'email verified']);
    expect(Object.keys(mappersOf('profile'))).toHaveLength(14);
  });

  it('of gateways put their audience into access tokens alone, and are optional everywhere', () => {
    const scope = byName(realm.clientScopes, 'mcp:agents/red');
    expect(scope?.attributes['include.in.token.scope']).toBe('true');
    expect(scope?.protocolMappers[0]?.config).toEqual({
      'included.custom.audience': 'https://red.example.com',
      'access.token.claim': 'true',
      'introspection.token.claim': 'true',
      'id.token.claim': 'false',
      'userinfo.token.claim': 'false',
    });
    const optional = ['mcp:agents/blue', 'mcp:agents/red'];
    expect(realm.defaultOptionalClientScopes).toEqual(optional);
    for (const { clientId, optionalClientScopes, defaultClientScopes } of realm.clients) {
      const own = ['account', 'account-console', 'admin-cli'].includes(clientId);
      expect(optionalClientScopes).toEqual(own ? [] : optional);
      expect(defaultClientScopes).toEqual(realm.defaultDefaultClientScopes);
    }
  });

  it('of gateways let every role of the program in, and whoever has none', () => {
    const roles = ['analyst', 'lead', 'platform-user', 'reader'];
    expect(realm.scopeMappings).toEqual([
      { clientScope: 'mcp:agents/blue', roles },
      { clientScope: 'mcp:agents/red', roles },
    ]);
    expect(byName(realm.roles.realm, realm.defaultRole.name)?.composites?.realm).toEqual(['platform-user']);
  });
});

describe('security of the realm', () => {
  it('is as strict as it can be for all', () => {
    expect(realm).toMatchObject({
      sslRequired: 'external',
      registrationAllowed: false,
      rememberMe: false,
      bruteForceProtected: true,
      failureFactor: 10,
      accessTokenLifespan: 300,
      revokeRefreshToken: true,
      refreshTokenMaxReuse: 0,
      eventsEnabled: true,
      adminEventsEnabled: true,
      adminEventsDetailsEnabled: false,
    });
  });

  it('leaves no client another grant than its own', () => {
    for (const client of realm.clients) {
      expect(client).toMatchObject({
        fullScopeAllowed: false,
        implicitFlowEnabled: false,
        directAccessGrantsEnabled: false,
        bearerOnly: false,
      });
      expect(client.standardFlowEnabled && client.serviceAccountsEnabled).toBe(false);
      if (client.standardFlowEnabled) {
        expect(client).toMatchObject({ publicClient: true, attributes: { 'pkce.code.challenge.method': 'S256' } });
      }
    }
  });

  it('keeps device grant, CIBA and token exchange off for clients of the program', () => {
    for (const client of realm.clients.filter(({ clientId }) => ['web', 'cli', 'CI', 'signer'].includes(clientId))) {
      expect(client.attributes).toMatchObject({
        'oauth2.device.authorization.grant.enabled': 'false',
        'oidc.ciba.grant.enabled': 'false',
        'standard.token.exchange.enabled': 'false',
      });
    }
  });

  it('holds no secret, but the variables that stand for them', () => {
    const secrets = [
      ...realm.clients.flatMap(({ secret }) => secret ?? []),
      ...realm.users.flatMap(({ credentials = [] }) => credentials.map(({ value }) => value)),
    ];
    expect(secrets).toEqual([
      '${REALM_MCP_CLIENT_CI_SECRET}',
      '${REALM_MCP_USER_ALICE_PASSWORD}',
      '${REALM_MCP_USER_BOB_PASSWORD}',
    ]);
    expect(placeholders(SPEC)).toEqual([
      { variable: 'REALM_MCP_CLIENT_CI_SECRET', secretName: 'ci', key: 'secret' },
      { variable: 'REALM_MCP_USER_ALICE_PASSWORD', secretName: 'people', key: 'alice' },
      { variable: 'REALM_MCP_USER_BOB_PASSWORD', secretName: 'people', key: 'bob' },
    ]);
  });
});

describe('the realm file', () => {
  const file = JSON.parse(realmFileText(realm)) as typeof realm;

  it('lets Keycloak fail, or lock people out, without the variables', () => {
    const secret = file.clients.find(({ clientId }) => clientId === 'CI')?.secret ?? '';
    const [, variable, missing = ''] = /^\$\{(\w+):(.*)\}$/.exec(secret) ?? [];
    expect(variable).toBe('REALM_MCP_CLIENT_CI_SECRET');
    expect(missing.length).toBeGreaterThan(255);
    expect(missing).toMatch(/^(REALM_MCP_CLIENT_CI_SECRET is not set\. )+$/);
    const values = file.users.flatMap(({ credentials = [] }) => credentials.map(({ value }) => value));
    expect(values).toEqual(['${REALM_MCP_USER_ALICE_PASSWORD:}', '${REALM_MCP_USER_BOB_PASSWORD:}']);
  });

  it('is the realm in all else', () => {
    const without = ({ clients, users, ...rest }: typeof realm) => ({
      ...rest,
      clients: clients.map(({ secret: _, ...client }) => client),
      users: users.map(({ credentials: _, ...user }) => user),
    });
    expect(without(file)).toEqual(without(realm));
  });
});

describe('members', () => {
  it('service clients have an account with their roles, and a secret or keys', () => {
    const account = realm.users.find(({ serviceAccountClientId }) => serviceAccountClientId === 'CI');
    expect(account).toMatchObject({
      username: 'service-account-ci',
      realmRoles: ['analyst', 'default-roles-mcp', 'reader'],
    });
    const signer = realm.clients.find(({ clientId }) => clientId === 'signer');
    expect(signer).toMatchObject({
      clientAuthenticatorType: 'client-jwt',
      attributes: { 'use.jwks.url': 'true', 'jwks.url': 'https://signer.example.com/jwks.json' },
    });
    expect(signer).not.toHaveProperty('secret');
  });

  it('people change temporary passwords, and have what every user has', () => {
    const [alice, bob] = ['alice', 'bob'].map((name) => realm.users.find(({ username }) => username === name));
    expect(alice?.credentials).toMatchObject([{ temporary: false }]);
    expect(alice).not.toHaveProperty('requiredActions');
    expect(bob).toMatchObject({ credentials: [{ temporary: true }], requiredActions: ['UPDATE_PASSWORD'] });
    expect(bob?.realmRoles).toEqual(['default-roles-mcp', 'lead']);
  });

  it('roles include others', () => {
    expect(byName(realm.roles.realm, 'lead')).toMatchObject({
      composite: true,
      composites: { realm: ['analyst', 'reader'] },
    });
    expect(byName(realm.roles.realm, 'analyst')).toMatchObject({ composite: false });
  });

  it('that the program makes carry its mark, those that all programs make another, and Keycloak’s own none', () => {
    const markOf = ({ attributes }: { attributes?: Readonly<Record<string, unknown>> }) =>
      attributes?.[OWNER_ATTRIBUTE];
    expect(realm.clients.map((client) => [client.clientId, markOf(client)])).toEqual([
      ...['account', 'account-console', 'admin-cli'].map((clientId) => [clientId, undefined]),
      ...['CI', 'cli', 'signer', 'web'].map((clientId) => [clientId, 'shop']),
    ]);
    expect(realm.roles.realm.map((role) => [role.name, markOf(role)])).toEqual([
      ['platform-user', ['*']],
      ['default-roles-mcp', undefined],
      ...['analyst', 'lead', 'reader'].map((name) => [name, ['shop']]),
    ]);
    const gateways = ['mcp:agents/blue', 'mcp:agents/red'];
    for (const scope of realm.clientScopes) expect(markOf(scope)).toBe(gateways.includes(scope.name) ? 'shop' : '*');
  });
});

describe('a gateway that asks about its tokens', () => {
  const [red, blue] = SPEC.gateways;
  const asking = { ...SPEC, gateways: [{ ...red!, introspectionSecret: { secretName: 'red', key: 's' } }, blue!] };
  const told = realmRepresentation(asking);

  it('has a client of its own that can do nothing else', () => {
    const added = told.clients.filter(({ clientId }) => !realm.clients.some((known) => known.clientId === clientId));
    expect(added).toMatchObject([
      {
        clientId: 'mcp:agents/red',
        publicClient: false,
        standardFlowEnabled: false,
        serviceAccountsEnabled: false,
        implicitFlowEnabled: false,
        directAccessGrantsEnabled: false,
        fullScopeAllowed: false,
        defaultClientScopes: [],
        optionalClientScopes: [],
        redirectUris: [],
        clientAuthenticatorType: 'client-secret',
        secret: '${REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET}',
        attributes: {
          'oauth2.device.authorization.grant.enabled': 'false',
          'oidc.ciba.grant.enabled': 'false',
          'standard.token.exchange.enabled': 'false',
          [OWNER_ATTRIBUTE]: 'shop',
        },
      },
    ]);
    expect(told.users).toEqual(realm.users);
    expect(placeholders(asking)).toContainEqual({
      variable: 'REALM_MCP_CLIENT_MCP_AGENTS_RED_SECRET',
      secretName: 'red',
      key: 's',
    });
    expect(keycloakRealm.parse(told)).toEqual(told);
  });

  it('has this client in the audience of its tokens, beside its own, and others have not', () => {
    const audiences = (scope: string) =>
      byName(told.clientScopes, scope)?.protocolMappers.flatMap(
        ({ config }) => config['included.custom.audience'] ?? [],
      );
    expect(audiences('mcp:agents/red')).toEqual(['https://red.example.com', 'mcp:agents/red']);
    expect(audiences('mcp:agents/blue')).toEqual(['https://blue.example.com']);
    for (const { config } of byName(told.clientScopes, 'mcp:agents/red')!.protocolMappers.slice(0, 2)) {
      expect(config).toMatchObject({ 'access.token.claim': 'true', 'id.token.claim': 'false' });
    }
  });

  it('changes nothing else of the realm', () => {
    const rest = ({ clients: _, clientScopes: __, ...others }: typeof realm) => others;
    expect(rest(told)).toEqual(rest(realm));
  });
});

describe('registration', () => {
  const trusted = (registration: RealmSpec['registration']) =>
    realmRepresentation({ ...SPEC, registration }).components[REGISTRATION_POLICY]?.find(
      ({ providerId }) => providerId === 'trusted-hosts',
    )?.config;

  it('is closed to all hosts', () => {
    expect(trusted(SPEC.registration)).toEqual({
      'trusted-hosts': [],
      'host-sending-registration-request-must-match': ['true'],
      'client-uris-must-match': ['true'],
    });
  });

  it('takes the device grant away from all clients while it is open', () => {
    const enabled = (hosts: string[]) =>
      byName(
        realmRepresentation({ ...SPEC, registration: { ...SPEC.registration, hosts } }).clientPolicies.policies,
        'no-device-grant',
      )?.enabled;
    expect(enabled([])).toBe(false);
    expect(enabled(['localhost'])).toBe(true);
  });

  it('stays closed without hosts, whatever else is said', () => {
    const config = trusted({ ...SPEC.registration, checkSender: false });
    expect(config?.['host-sending-registration-request-must-match']).toEqual(['true']);
  });

  it('is open to trusted hosts', () => {
    expect(trusted({ hosts: ['localhost', '*.example.com'], checkSender: false, maxClients: 5 })).toEqual({
      'trusted-hosts': ['*.example.com', 'localhost'],
      'host-sending-registration-request-must-match': ['false'],
      'client-uris-must-match': ['true'],
    });
  });
});

describe('gateways that exchange tokens', () => {
  const [red, blue] = SPEC.gateways;
  const CRM = 'https://crm.example.com/mcp';
  const exchange = { clientId: 'exchange:agents/red', secret: { secretName: 'red', key: 's' }, audiences: [CRM, 'CI'] };
  const keys = { clientId: 'exchange:agents/blue', jwks: '{"keys":[]}', audiences: [CRM] };
  const exchanging = {
    ...SPEC,
    gateways: [
      { ...red!, exchange },
      { ...blue!, exchange: keys },
    ],
  };
  const told = realmRepresentation(exchanging);
  const clientOf = (id: string) => told.clients.find(({ clientId }) => clientId === id);

  it('have a client each with the switch on, that can do nothing else', () => {
    const none = { standardFlowEnabled: false, serviceAccountsEnabled: false, redirectUris: [], publicClient: false };
    expect(clientOf('exchange:agents/red')).toMatchObject({
      ...none,
      clientAuthenticatorType: 'client-secret',
      secret: '${REALM_MCP_CLIENT_EXCHANGE_AGENTS_RED_SECRET}',
      defaultClientScopes: ['basic'],
      optionalClientScopes: ['upstream:CI', `upstream:${CRM}`],
      attributes: { 'standard.token.exchange.enabled': 'true', [OWNER_ATTRIBUTE]: 'shop' },
    });
    expect(clientOf('exchange:agents/blue')).toMatchObject({
      ...none,
      clientAuthenticatorType: 'client-jwt',
      optionalClientScopes: [`upstream:${CRM}`],
      attributes: { 'use.jwks.string': 'true', 'jwks.string': '{"keys":[]}' },
    });
    expect(clientOf('exchange:agents/blue')).not.toHaveProperty('secret');
    const on = told.clients.filter(({ attributes }) => attributes['standard.token.exchange.enabled'] === 'true');
    expect(on.map(({ clientId }) => clientId)).toEqual(['exchange:agents/blue', 'exchange:agents/red']);
    expect(placeholders(exchanging)).toContainEqual({
      variable: 'REALM_MCP_CLIENT_EXCHANGE_AGENTS_RED_SECRET',
      secretName: 'red',
      key: 's',
    });
  });

  it('have it in the audience of their tokens, and those of others not', () => {
    const audiences = byName(told.clientScopes, 'mcp:agents/red')?.protocolMappers.flatMap(
      ({ config }) => config['included.custom.audience'] ?? [],
    );
    expect(audiences).toEqual(['https://red.example.com', 'exchange:agents/red']);
  });

  it('get tokens for servers by a client and a scope of each, which no other client may ask for', () => {
    const [crm] = byName(told.clientScopes, `upstream:${CRM}`)?.protocolMappers ?? [];
    expect(crm?.config).toMatchObject({ 'included.client.audience': CRM, 'access.token.claim': 'true' });
    expect(clientOf(CRM)).toMatchObject({
      publicClient: false,
      standardFlowEnabled: false,
      serviceAccountsEnabled: false,
      defaultClientScopes: [],
      optionalClientScopes: [],
    });
    expect(told.defaultDefaultClientScopes).toEqual(realm.defaultDefaultClientScopes);
    expect(told.defaultOptionalClientScopes).toEqual(realm.defaultOptionalClientScopes);
    const asking = told.clients.filter(({ defaultClientScopes, optionalClientScopes }) =>
      [...defaultClientScopes, ...optionalClientScopes].some((name) => name.startsWith('upstream:')),
    );
    expect(asking.map(({ clientId }) => clientId)).toEqual(['exchange:agents/blue', 'exchange:agents/red']);
  });

  it('may get them for a client that the program has, which stays as it is', () => {
    const known = realm.clients.find(({ clientId }) => clientId === 'CI');
    expect(told.clients.filter(({ clientId }) => clientId === 'CI')).toEqual([known]);
  });
});
