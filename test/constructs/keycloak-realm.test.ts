import { Chart, Duration } from 'cdk8s';
import {
  Auth,
  ClientRegistration,
  KeycloakAdministrator,
  KeycloakClientCredentials,
  KeycloakDelivery,
  KeycloakPassword,
  KeycloakRealm,
  Role,
  type KeycloakRealmProps,
} from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const PASSWORD = KeycloakPassword.fromSecretKey('people', 'alice');
const SECRET = KeycloakClientCredentials.fromSecretKey('ci', 'secret');

function realmOf(program: Program, props: Partial<KeycloakRealmProps> = {}, id = 'mcp'): KeycloakRealm {
  return new KeycloakRealm(program.chart, id, { hostname: 'sso.example.com', ...props });
}

describe('the realm file', () => {
  it('stands in a ConfigMap under the name that Keycloak imports', () => {
    const program = new Program('identity');
    realmOf(program, { realmName: 'acme' }).addRole('analyst');
    const { data, metadata } = program.object('ConfigMap', 'mcp');
    expect(Object.keys(data as object)).toEqual(['acme-realm.json']);
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/name': 'mcp',
      'app.kubernetes.io/managed-by': 'agentyard',
      'agentyard.dev/app': 'program',
    });
    const realm = JSON.parse(data['acme-realm.json'] as string);
    expect(realm).toMatchObject({ realm: 'acme', accessTokenLifespan: 300 });
    expect(realm).not.toHaveProperty('displayName');
  });

  it('has a scope for each gateway that names the realm, with its public URL as audience', () => {
    const program = new Program('agents');
    const realm = realmOf(program);
    for (const id of ['red', 'blue']) {
      program.gateway(id, { auth: Auth.keycloak(realm), publicUrl: `https://${id}.example.com` });
    }
    const text = program.object('ConfigMap', 'mcp').data['mcp-realm.json'] as string;
    const { defaultOptionalClientScopes } = JSON.parse(text);
    expect(defaultOptionalClientScopes).toEqual(['mcp:agents/blue', 'mcp:agents/red']);
    expect(program.document('red-routes', 'gateway.json').auth).toMatchObject({
      issuers: [
        {
          issuer: 'https://sso.example.com/realms/mcp',
          jwksUri: 'https://sso.example.com/realms/mcp/protocol/openid-connect/certs',
          audiences: ['https://red.example.com'],
          roleClaims: [['realm_access', 'roles']],
        },
      ],
      resource: { scopes: ['mcp:agents/red'] },
    });
  });

  it('names its variables, and the Secrets that hold them', () => {
    const program = new Program();
    const realm = realmOf(program);
    realm.addServiceClient('ci', { credentials: SECRET });
    realm.addUser('alice', { password: PASSWORD });
    expect(realm.secretVariables).toEqual([
      { variable: 'REALM_MCP_CLIENT_CI_SECRET', secretName: 'ci', key: 'secret' },
      { variable: 'REALM_MCP_USER_ALICE_PASSWORD', secretName: 'people', key: 'alice' },
    ]);
  });
});

describe('the operator', () => {
  it('imports the realm, with secrets from their Secrets', () => {
    const program = new Program('identity');
    const realm = realmOf(program, { delivery: KeycloakDelivery.byOperator({ instanceName: 'sso' }) });
    realm.addServiceClient('ci', { credentials: SECRET });
    const objects = program.synth();
    expect(objects.map(({ kind }) => kind)).toEqual(['KeycloakRealmImport']);
    expect(objects[0]).toMatchObject({
      apiVersion: 'k8s.keycloak.org/v2beta1',
      metadata: { name: 'mcp', namespace: 'identity' },
      spec: {
        keycloakCRName: 'sso',
        placeholders: { REALM_MCP_CLIENT_CI_SECRET: { secret: { name: 'ci', key: 'secret' } } },
        realm: { realm: 'mcp', clients: expect.arrayContaining([expect.objectContaining({ clientId: 'ci' })]) },
      },
    });
  });
});

describe('the job that keeps the realm in line', () => {
  const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
  const job = (program: Program) => program.synth().find(({ kind }) => kind === 'Job');

  it('is there if an administrator is named', () => {
    const program = new Program();
    realmOf(program);
    expect(job(program)).toBeUndefined();
  });

  it('has another name when the realm is another', () => {
    const names = [false, true].map((more) => {
      const program = new Program();
      const realm = realmOf(program, { administrator });
      if (more) realm.addRole('analyst');
      return job(program).metadata.name as string;
    });
    expect(names[0]).toMatch(/^mcp-sync-[0-9a-f]{10}$/);
    expect(names[1]).not.toBe(names[0]);
  });

  it('runs each hour, too, with the same pod', () => {
    const program = new Program();
    realmOf(program, { administrator });
    const { metadata, spec } = program.object('CronJob', 'mcp-sync');
    expect(spec).toMatchObject({ schedule: '0 * * * *', timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid' });
    expect(metadata.labels).toEqual(job(program).metadata.labels);
    expect(spec.jobTemplate.spec.template).toEqual(job(program).spec.template);
  });

  it('marks what it makes with the id of the app', () => {
    const program = new Program();
    const realm = realmOf(program, { administrator });
    realm.addRole('analyst');
    const document = program.document('mcp-sync', 'keycloak-realm-sync.json');
    expect(document.owner).toBe('program');
    expect(document.realm.roles.realm).toContainEqual({
      name: 'analyst',
      description: '',
      composite: false,
      attributes: { 'agentyard.owner': ['program'] },
    });
  });

  it('has names that a CronJob and its Jobs may have', () => {
    const longest = 'a'.repeat(47);
    const program = new Program();
    realmOf(program, { administrator }, longest);
    expect(program.object('CronJob', `${longest}-sync`).metadata.name).toHaveLength(52);
    expect(job(program).metadata.name).toHaveLength(63);
    const tooLong = new Program();
    realmOf(tooLong, { administrator }, `${longest}a`);
    expect(() => tooLong.synth()).toThrow('[NAME_INVALID]');
  });

  it('holds the secrets of clients and its own, and the passwords of nobody', () => {
    const program = new Program();
    const realm = realmOf(program, { administrator });
    realm.addServiceClient('ci', { credentials: SECRET });
    realm.addUser('alice', { password: PASSWORD });
    const { containers, volumes } = job(program).spec.template.spec;
    const secrets = containers[0].env.filter((variable: object) => 'valueFrom' in variable);
    expect(secrets).toEqual([
      { name: 'REALM_MCP_CLIENT_CI_SECRET', valueFrom: { secretKeyRef: { name: 'ci', key: 'secret' } } },
    ]);
    expect(volumes).toContainEqual({
      name: 'administrator',
      secret: { secretName: 'keycloak-administrator', defaultMode: 0o440 },
    });
    const document = program.document('mcp-sync', 'keycloak-realm-sync.json');
    expect(document).toMatchObject({
      keycloakUrl: 'https://sso.example.com',
      administrator: { realm: 'master', directory: '/var/run/secrets/agentyard/keycloak-administrator' },
      create: false,
    });
    expect(document.realm.users.map(({ username }: { username: string }) => username)).toEqual(['service-account-ci']);
  });

  it('makes the realm, with its people, if it delivers it', () => {
    const program = new Program();
    const realm = realmOf(program, { administrator, delivery: KeycloakDelivery.adminApi() });
    realm.addUser('alice', { password: PASSWORD });
    const document = program.document('mcp-sync', 'keycloak-realm-sync.json');
    expect(document.create).toBe(true);
    expect(document.realm.users).toMatchObject([{ username: 'alice' }]);
    expect(job(program).spec.template.spec.containers[0].env).toContainEqual({
      name: 'REALM_MCP_USER_ALICE_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'people', key: 'alice', optional: true } },
    });
    expect(program.synth().some(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'mcp')).toBe(false);
  });
});

describe('roles', () => {
  it('are looked up by name', () => {
    const realm = realmOf(new Program());
    const analyst = realm.addRole('analyst');
    expect(realm.role('analyst')).toBe(analyst);
    expect(() => realm.role('analist')).toThrow(
      '[ROLE_UNKNOWN] chart/mcp: the realm has no role "analist"; it has analyst.',
    );
  });

  it.each([
    ['twice', 'REALM_DUPLICATE', (realm: KeycloakRealm) => realm.addRole('analyst')],
    ['of Keycloak itself', 'REALM_DUPLICATE', (realm: KeycloakRealm) => realm.addRole('offline_access')],
    ['that every user has', 'REALM_DUPLICATE', (realm: KeycloakRealm) => realm.addRole('default-roles-mcp')],
    ['without a name', 'ROLE_INVALID', (realm: KeycloakRealm) => realm.addRole('')],
    [
      'that include one of elsewhere',
      'ROLE_UNKNOWN',
      (realm: KeycloakRealm) => realm.addRole('x', { includes: [Role.fromRoleName('analyst')] }),
    ],
    [
      'that include everybody',
      'ROLE_UNKNOWN',
      (realm: KeycloakRealm) => realm.addRole('x', { includes: [Role.anyCaller()] }),
    ],
    [
      'whose description Keycloak would fill in',
      'REALM_INVALID',
      (realm: KeycloakRealm) => realm.addRole('x', { description: '${KC_DB_PASSWORD}' }),
    ],
  ])('%s are refused', (_, code, add) => {
    const realm = realmOf(new Program());
    realm.addRole('analyst');
    expect(() => add(realm)).toThrow(`[${code}]`);
  });
});

describe('clients and users', () => {
  const redirectUris = ['https://app.example.com/callback'];

  it('web pages of redirect URIs may call Keycloak, or those that are named', () => {
    const program = new Program();
    const realm = realmOf(program);
    realm.addClient('a', { redirectUris: [...redirectUris, 'app.example:/callback'] });
    realm.addClient('b', { redirectUris, webOrigins: [] });
    const { clients } = JSON.parse(program.object('ConfigMap', 'mcp').data['mcp-realm.json'] as string);
    const originsOf = (id: string) => clients.find((client: any) => client.clientId === id).webOrigins;
    expect(originsOf('a')).toEqual(['https://app.example.com']);
    expect(originsOf('b')).toEqual([]);
  });

  it.each([
    ['a client twice', 'REALM_DUPLICATE', (realm: KeycloakRealm) => realm.addClient('web', { redirectUris })],
    [
      'one told apart by case',
      'REALM_DUPLICATE',
      (realm: KeycloakRealm) => realm.addServiceClient('WEB', { credentials: SECRET }),
    ],
    [
      'one of Keycloak itself',
      'REALM_INVALID',
      (realm: KeycloakRealm) => realm.addClient('admin-cli', { redirectUris }),
    ],
    [
      'one with the variable of another',
      'REALM_DUPLICATE',
      (realm: KeycloakRealm) => realm.addServiceClient('c_i', { credentials: SECRET }),
    ],
    [
      'one without redirect URI',
      'REDIRECT_URI_INVALID',
      (realm: KeycloakRealm) => realm.addClient('x', { redirectUris: [] }),
    ],
    [
      'one with a wildcard',
      'REDIRECT_URI_INVALID',
      (realm: KeycloakRealm) => realm.addClient('x', { redirectUris: ['https://app.example.com/*'] }),
    ],
    [
      'one for all web pages',
      'REDIRECT_URI_INVALID',
      (realm: KeycloakRealm) => realm.addClient('x', { redirectUris, webOrigins: ['*'] }),
    ],
    [
      'one with a role of elsewhere',
      'ROLE_UNKNOWN',
      (realm: KeycloakRealm) => realm.addServiceClient('x', { credentials: SECRET, roles: [Role.fromRoleName('a')] }),
    ],
    ['a user twice', 'REALM_DUPLICATE', (realm: KeycloakRealm) => realm.addUser('alice', { password: PASSWORD })],
    ['one in upper case', 'REALM_INVALID', (realm: KeycloakRealm) => realm.addUser('Alice', { password: PASSWORD })],
    [
      'one that is a service account',
      'REALM_INVALID',
      (realm: KeycloakRealm) => realm.addUser('service-account-c-i', { password: PASSWORD }),
    ],
  ])('%s is refused', (_, code, add) => {
    const realm = realmOf(new Program());
    realm.addClient('web', { redirectUris });
    realm.addServiceClient('c-i', { credentials: SECRET });
    realm.addUser('alice', { password: PASSWORD });
    expect(() => add(realm)).toThrow(`[${code}]`);
  });

  it.each([
    'http://ci.example.com/jwks.json',
    'jwks.json',
    'https://a:b@ci.example.com/',
    'https://ci.example.com/${X}',
  ])('keys of a client are not at %s', (url) =>
    expect(() => KeycloakClientCredentials.fromJwksUrl(url)).toThrow('[CREDENTIALS_INVALID]'),
  );
});

describe('props of the realm', () => {
  it.each<[string, Partial<KeycloakRealmProps>, string]>([
    ['a host name that is none', { hostname: 'http://sso.example.com' }, '"http://sso.example.com" is no host name'],
    ['a host that egress cannot be opened to', { hostname: 'sso' }, '"sso" is no DNS name'],
    ['the realm of Keycloak itself', { realmName: 'master' }, '"master" is no name for a realm of its own'],
    ['a name with a slash', { realmName: 'a/b' }, '"a/b" is no name'],
    [
      'tokens that are valid for long',
      { accessTokenLifetime: Duration.hours(2) },
      'accessTokenLifetime is 7200 seconds',
    ],
    [
      'tokens that are hardly valid',
      { accessTokenLifetime: Duration.millis(1500) },
      'accessTokenLifetime is 1.5 seconds',
    ],
    ['a job without administrator', { delivery: KeycloakDelivery.adminApi() }, 'has no administrator'],
  ])('%s fails the synthesis', (_, props, message) => {
    const program = new Program();
    realmOf(program, props);
    expect(() => program.synth()).toThrow(message);
  });

  it('all that is wrong is told at once', () => {
    const program = new Program();
    realmOf(program, { hostname: '', realmName: 'master', accessTokenLifetime: Duration.days(1) });
    expect(() => program.synth()).toThrow(/no host name[\s\S]*no name for a realm[\s\S]*86400 seconds/);
  });

  it('two realms of one issuer fail the synthesis', () => {
    const program = new Program();
    realmOf(program, { realmName: 'mcp' }, 'one');
    realmOf(program, { realmName: 'mcp' }, 'two');
    expect(() => program.synth()).toThrow('[REALM_DUPLICATE] chart/two: chart/one is the realm');
  });

  it('a chart without namespace fails the synthesis', () => {
    const program = new Program();
    new KeycloakRealm(new Chart(program.app, 'bare'), 'mcp', { hostname: 'sso.example.com' });
    expect(() => program.synth()).toThrow('[NAMESPACE_MISSING] bare/mcp');
  });

  it.each([[[]], [['*']], [['app.example.com/path']], [['https://app.example.com']]])(
    'clients are not registered from %j',
    (hosts) => expect(() => ClientRegistration.trustedHosts(hosts)).toThrow('[REALM_INVALID]'),
  );
});

describe('audiences', () => {
  it('of two gateways must differ', () => {
    const program = new Program();
    const realm = realmOf(program);
    const [red, blue] = ['red', 'blue'].map((id) => program.gateway(id));
    realm._addGateway(red!, 'https://mcp.example.com');
    expect(realm._addGateway(red!, 'https://mcp.example.com')).toEqual({ scope: 'mcp:agents/red' });
    expect(() => realm._addGateway(blue!, 'https://mcp.example.com')).toThrow(
      '[AUDIENCE_TAKEN] chart/blue: "https://mcp.example.com" is the audience of chart/red already',
    );
  });

  it('of a gateway in another app are refused', () => {
    const gateway = new Program().gateway('red');
    expect(() => realmOf(new Program())._addGateway(gateway, 'https://mcp.example.com')).toThrow('[NOT_IN_PROGRAM]');
  });
});

describe('a realm that is administered elsewhere', () => {
  const issuer = 'https://sso.example.com/auth/realms/acme';
  const audiences = [{ audience: 'https://red.example.com', scope: 'red' }, { audience: 'https://blue.example.com' }];
  const imported = (program: Program) =>
    KeycloakRealm.fromIssuer(program.chart, 'acme', { issuer, roles: ['analyst'], audiences });

  it('lets gateways take its tokens, and makes nothing', () => {
    const program = new Program();
    const realm = imported(program);
    program.gateway('red', { auth: Auth.keycloak(realm), publicUrl: 'https://red.example.com' });
    const { auth } = program.document('red-routes', 'gateway.json');
    expect(auth.issuers).toMatchObject([{ issuer, jwksUri: `${issuer}/protocol/openid-connect/certs` }]);
    expect(auth.resource.scopes).toEqual(['red']);
    expect(program.synth().filter(({ metadata }) => metadata.name.startsWith('acme'))).toEqual([]);
  });

  it('has the roles that its administrator states', () => {
    const realm = imported(new Program());
    expect(realm.role('analyst').roleName).toBe('analyst');
    expect(() => realm.role('lead')).toThrow('[ROLE_UNKNOWN] chart/acme: the realm has no role "lead"; it has analyst');
  });

  it('fails beside a gateway that it issues no tokens for', () => {
    const program = new Program();
    program.gateway('green', { auth: Auth.keycloak(imported(program)), publicUrl: 'https://green.example.com' });
    expect(() => program.synth()).toThrow(
      '[AUDIENCE_UNKNOWN] chart/green: the realm https://sso.example.com/auth/realms/acme issues no tokens for "https://green.example.com"; it does for https://red.example.com, https://blue.example.com.',
    );
  });

  it("is the program's once, made or administered elsewhere", () => {
    const program = new Program();
    realmOf(program, { hostname: 'sso.example.com/auth', realmName: 'acme' });
    imported(program);
    expect(() => program.synth()).toThrow('[REALM_DUPLICATE] chart/acme');
  });

  it('names an audience', () => {
    const { chart } = new Program();
    const make = () => KeycloakRealm.fromIssuer(chart, 'acme', { issuer, roles: [], audiences: [] });
    expect(make).toThrow('[REALM_INVALID] chart/acme: no audience is named');
  });

  it.each([
    'https://sso.example.com',
    `${issuer}/`,
    'http://sso.example.com/realms/acme',
    'https://SSO.example.com/realms/a',
  ])('is not %s', (wrong) => {
    const { chart } = new Program();
    const make = () => KeycloakRealm.fromIssuer(chart, 'acme', { issuer: wrong, roles: [], audiences });
    expect(make).toThrow('[REALM_INVALID]');
  });
});
