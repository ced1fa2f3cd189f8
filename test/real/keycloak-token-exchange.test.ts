import { generateKeyPairSync } from 'node:crypto';
import {
  Auth,
  KeycloakAdministrator,
  KeycloakDelivery,
  KeycloakExchangeClient,
  KeycloakPassword,
  McpServer,
  UpstreamCredentials,
} from 'agentyard';
import {
  caller,
  ISSUER,
  opened,
  PATIENT,
  SECRET_FILE,
  type CredentialsOf,
} from '../../gateway-runtime/test/credentials-fixture';
import { cleanUp } from '../../gateway-runtime/test/fixture';
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
const NOTHING: RealmReport = { created: [], changed: [], removed: [], unmarked: [] };
const [CRM, BILLING] = ['https://crm.example.com/mcp', 'billing'];
const PAIR = generateKeyPairSync('ec', { namedCurve: 'P-256' });
/** What is mounted into the pods of each gateway: a secret, or a private key. */
const MOUNTED = {
  red: 'the secret+of%red:/&=',
  blue: PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
type GatewayId = keyof typeof MOUNTED;

let port: number;
let keycloak: Keycloak;

/**
 * Two gateways before a server that both are to show tokens for the user, and one that `red` alone is. `red` has a secret,
 * `blue` a key pair.
 */
function platform(
  realmName: string,
  { delivery, exchanges = true }: { delivery?: KeycloakDelivery; exchanges?: boolean } = {},
) {
  const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
  const made = new RealmProgram({ hostname: `http://127.0.0.1:${port}`, realmName, administrator, delivery });
  const { realm, program } = made;
  const analyst = realm.addRole('analyst');
  realm.addClient('cli', { redirectUris: ['http://127.0.0.1/callback'] });
  realm.addUser('alice', {
    roles: [analyst],
    password: KeycloakPassword.fromSecretKey('people', 'alice'),
    temporaryPassword: false,
    email: 'alice@example.com',
    firstName: 'Alice',
    lastName: 'Archer',
  });
  const shown = (audience: string) => (exchanges ? UpstreamCredentials.keycloakExchange(realm, audience) : undefined);
  const crm = McpServer.fromUrl(program.chart, 'crm', { url: CRM, credentials: shown(CRM) });
  const billing = McpServer.fromUrl(program.chart, 'billing', {
    url: 'https://billing.example.com/mcp',
    credentials: shown(BILLING),
  });
  const publicKey = PAIR.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const authBy = (tokenExchange: KeycloakExchangeClient) => Auth.keycloak(realm, { tokenExchange });
  const red = authBy(KeycloakExchangeClient.withSecret('red-exchange', 'secret'));
  program.gateway('red', { auth: red, publicUrl: audienceOf('red'), mcpServers: [crm, billing] });
  const blue = authBy(KeycloakExchangeClient.withPrivateKey('blue-exchange', 'key', publicKey));
  program.gateway('blue', { auth: blue, publicUrl: audienceOf('blue'), mcpServers: [crm] });
  return made;
}

const environmentOf = (realmName: string) => ({
  [`REALM_${realmName.toUpperCase()}_USER_ALICE_PASSWORD`]: ALICE.password,
  [`REALM_${realmName.toUpperCase()}_CLIENT_EXCHANGE_AGENTS_RED_SECRET`]: MOUNTED.red,
});

/** Runs what the job of the program runs. */
function apply(made: RealmProgram): Promise<RealmReport> {
  const document = { ...made.syncDocument(), keycloakUrl: keycloak.url };
  const environment = environmentOf(made.realm.realmName);
  return applyRealm({ document, administrator: ADMINISTRATOR, environment, fetch });
}

beforeAll(async () => {
  port = await freePort();
  keycloak = await Keycloak.start({
    port,
    realmFiles: platform('mcp').realmFiles(),
    environment: environmentOf('mcp'),
  });
}, START_TIMEOUT);
afterEach(cleanUp);
afterAll(() => keycloak?.stop());

describe.each([
  ['by its file', 'mcp', () => platform('mcp')],
  ['by its job', 'made', () => platform('made', { delivery: KeycloakDelivery.adminApi() })],
])('token exchange with a realm that comes %s, as it is synthesized', (_how, realmName, make) => {
  let made: RealmProgram;
  let realm: RealmClient;

  beforeAll(async () => {
    made = make();
    realm = new RealmClient(`${keycloak.url}/realms/${realmName}`);
    if (realmName === 'made') await apply(made);
  });

  /** What a gateway is told to show its first server, or what differs from that. */
  async function credentialsOf(id: GatewayId, more: Partial<CredentialsOf<'token-exchange'>> = {}) {
    const [server] = made.program.document(`${id}-routes`, 'gateway.json').mcpServers;
    const told = server.credentials as CredentialsOf<'token-exchange'>;
    const file = id === 'red' ? { clientSecretFile: SECRET_FILE } : { privateKeyFile: SECRET_FILE };
    const client = { ...told.client, ...file } as typeof told.client;
    return (await opened({ ...told, issuer: ISSUER, client, ...more }, { secret: MOUNTED[id] })).credentials;
  }

  const signIn = (id: GatewayId) => realm.signIn(CLI, ALICE, `openid mcp:agents/${id}`);

  async function shownBy(id: GatewayId, token: string, more: Partial<CredentialsOf<'token-exchange'>> = {}) {
    const { authorization = '' } = await (await credentialsOf(id, more)).headersFor(caller(token), PATIENT);
    return authorization.replace('Bearer ', '');
  }

  it.each(['red', 'blue'] as const)(
    '%s shows a token of the same user, for the server alone, without roles',
    async (id) => {
      const signedIn = await signIn(id);
      expect([claimsOf(signedIn).aud].flat().sort()).toEqual([`exchange:agents/${id}`, audienceOf(id)].sort());
      const token = await shownBy(id, signedIn.access_token!);
      const claims = claimsOf({ access_token: token });
      expect(claims).toMatchObject({ aud: CRM, azp: `exchange:agents/${id}`, sub: claimsOf(signedIn).sub });
      expect(claims).not.toHaveProperty('realm_access');
    },
  );

  it('gives no token for a server of another gateway, nor for anybody else', async () => {
    const red = (await signIn('red')).access_token!;
    const blue = (await signIn('blue')).access_token!;
    const ofBilling = { audience: BILLING, scopes: [`upstream:${BILLING}`] };
    expect(claimsOf({ access_token: await shownBy('red', red, ofBilling) }).aud).toBe(BILLING);
    const refused: [GatewayId, string, Partial<CredentialsOf<'token-exchange'>>, string][] = [
      ['blue', blue, ofBilling, 'invalid_scope'],
      ['blue', blue, { audience: BILLING }, 'invalid_request'],
      ['red', red, { audience: 'cli' }, 'invalid_request'],
      ['blue', red, {}, 'access_denied'],
    ];
    for (const [id, token, more, code] of refused) {
      await expect(shownBy(id, token, more)).rejects.toMatchObject({
        reason: 'exchange-refused',
        detail: expect.stringContaining(code),
      });
    }
  });

  it('gives tokens for a server to nobody who signs in, and none to the client that stands for it', async () => {
    expect(await realm.signIn(CLI, ALICE, `openid upstream:${CRM}`)).toMatchObject({ error: 'invalid_scope' });
    const grant = { grant_type: 'client_credentials', client_id: CRM };
    expect((await realm.token(grant)).access_token).toBeUndefined();
    const own = { grant_type: 'client_credentials', client_id: 'exchange:agents/red', client_secret: MOUNTED.red };
    expect(await realm.token(own)).toMatchObject({ error: 'unauthorized_client' });
  });

  it('gives none for a token whose session has ended', async () => {
    const ended = (await signIn('red')).access_token!;
    const [{ id }] = await keycloak.admin('GET', `/${realmName}/users?username=alice&exact=true`);
    await keycloak.admin('POST', `/${realmName}/users/${id}/logout`);
    await expect(shownBy('red', ended)).rejects.toMatchObject({ reason: 'exchange-refused' });
  });

  it('leaves nothing for the job to do, which takes all of it away with the program', async () => {
    expect(await apply(made)).toEqual(NOTHING);
    const { removed } = await apply(platform(realmName, { exchanges: false }));
    expect([...removed].sort()).toEqual([
      'client billing',
      'client exchange:agents/blue',
      'client exchange:agents/red',
      `client ${CRM}`,
      'client scope upstream:billing',
      `client scope upstream:${CRM}`,
    ]);
    expect(claimsOf(await signIn('red')).aud).toBe(audienceOf('red'));
  });
});
