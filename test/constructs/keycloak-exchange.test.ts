import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import {
  Auth,
  ClusterProfile,
  Egress,
  KeycloakAdministrator,
  KeycloakExchangeClient,
  KeycloakRealm,
  KeycloakServer,
  McpServer,
  UpstreamCredentials,
  type KeycloakRealmProps,
} from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const CRM = 'https://crm.example.com/mcp';
const SCOPE = `upstream:${CRM}`;

/** Gateways before a server that is shown tokens of a realm for it, each with a client of its own. */
function exchanging(
  clients: Readonly<Record<string, KeycloakExchangeClient>>,
  props: Partial<KeycloakRealmProps> = {},
  cluster?: ClusterProfile,
) {
  const program = new Program('agents', cluster);
  const realm = new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com', ...props });
  const credentials = UpstreamCredentials.keycloakExchange(realm, CRM);
  const crm = McpServer.fromUrl(program.chart, 'crm', { url: CRM, credentials });
  for (const [id, tokenExchange] of Object.entries(clients)) {
    const auth = Auth.keycloak(realm, { tokenExchange });
    program.gateway(id, { auth, publicUrl: `https://${id}.example.com`, mcpServers: [crm] });
  }
  return program;
}

const told = (program: Program, id = 'red'): Manifest =>
  program.document(`${id}-routes`, 'gateway.json').mcpServers[0].credentials;
const realmOf = (program: Program): Manifest => JSON.parse(program.object('ConfigMap', 'mcp').data['mcp-realm.json']);
const clientOf = (program: Program, id: string): Manifest =>
  realmOf(program).clients.find(({ clientId }: Manifest) => clientId === id);
const RED = KeycloakExchangeClient.withSecret('red-exchange', 'secret');
const BLUE = KeycloakExchangeClient.withSecret('blue-exchange', 'secret');

describe('a gateway that exchanges tokens of a realm', () => {
  it('is told the client, the scope and the audience that the realm has for it, and no secret', () => {
    const program = exchanging({ red: RED });
    expect(told(program)).toEqual({
      by: 'token-exchange',
      issuer: 'https://sso.example.com/realms/mcp',
      tokenEndpoint: 'https://sso.example.com/realms/mcp/protocol/openid-connect/token',
      clientId: 'exchange:agents/red',
      client: {
        method: 'client_secret_basic',
        clientSecretFile: '/var/run/secrets/agentyard/upstream/crm/secret',
      },
      scopes: [SCOPE],
      audience: CRM,
    });
    const { volumes } = program.object('Deployment', 'red').spec.template.spec;
    expect(volumes.flatMap(({ secret }: Manifest) => secret?.secretName ?? [])).toContain('red-exchange');
    expect(clientOf(program, 'exchange:agents/red')).toMatchObject({ optionalClientScopes: [SCOPE] });
    expect(clientOf(program, CRM).attributes['agentyard.owner']).toBe('program');
  });

  it('is another client than that of another gateway, for the same server', () => {
    const program = exchanging({ red: RED, blue: BLUE });
    expect([told(program, 'red').clientId, told(program, 'blue').clientId]).toEqual([
      'exchange:agents/red',
      'exchange:agents/blue',
    ]);
    expect(realmOf(program).clients.filter(({ clientId }: Manifest) => clientId === CRM)).toHaveLength(1);
  });

  it('has its secret in the variables of the realm file and the job', () => {
    const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
    const program = exchanging({ red: RED }, { administrator });
    const variable = 'REALM_MCP_CLIENT_EXCHANGE_AGENTS_RED_SECRET';
    expect(clientOf(program, 'exchange:agents/red').secret).toMatch(new RegExp(`^\\$\\{${variable}:`));
    const job = program.object('CronJob', 'mcp-sync').spec.jobTemplate.spec.template.spec.containers[0];
    expect(job.env).toContainEqual({
      name: variable,
      valueFrom: { secretKeyRef: { name: 'red-exchange', key: 'secret' } },
    });
  });

  it.each([
    ['rsa', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['P-384', 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['Ed25519', 'EdDSA', generateKeyPairSync('ed25519')],
  ])('shows who it is by a key pair, %s, of which Keycloak knows the public key', async (_kind, algorithm, pair) => {
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const program = exchanging({ red: KeycloakExchangeClient.withPrivateKey('red-exchange', 'key.pem', pem) });
    const jwk = await exportJWK(pair.publicKey);
    const keyId = await calculateJwkThumbprint(jwk);
    expect(told(program).client).toEqual({
      method: 'private_key_jwt',
      privateKeyFile: '/var/run/secrets/agentyard/upstream/crm/secret',
      algorithm,
      keyId,
      audience: 'https://sso.example.com/realms/mcp',
    });
    const client = clientOf(program, 'exchange:agents/red');
    expect(client).not.toHaveProperty('secret');
    expect(JSON.parse(client.attributes['jwks.string'] as string)).toEqual({
      keys: [{ ...jwk, kid: keyId, alg: algorithm, use: 'sig' }],
    });
  });

  it('asks where it reads keys, and opens nothing more', () => {
    const server = KeycloakServer.inCluster({
      namespace: 'sso',
      serviceName: 'kc',
      podLabels: { app: 'kc' },
      port: 8443,
    });
    const profile = () => ClusterProfile.generic({ egress: Egress.cilium() });
    const program = exchanging({ red: RED }, { server }, profile());
    expect(told(program).tokenEndpoint).toBe('https://kc.sso.svc:8443/realms/mcp/protocol/openid-connect/token');
    const rules = JSON.stringify(program.object('CiliumNetworkPolicy', 'red-egress').spec.egress);
    expect(rules).not.toContain('sso.example.com');
  });

  it('makes no client, scope or audience where no server is shown such tokens', () => {
    const program = new Program();
    const realm = new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com' });
    const auth = Auth.keycloak(realm, { tokenExchange: RED });
    program.gateway('red', { auth, publicUrl: 'https://red.example.com' });
    const text = program.object('ConfigMap', 'mcp').data['mcp-realm.json'] as string;
    for (const trace of ['exchange:', 'upstream:', 'exchange audience']) expect(text).not.toContain(trace);
  });

  it('checks Keycloak by the authorities that its auth names, for keys and tokens', () => {
    const program = new Program();
    const realm = new KeycloakRealm(program.chart, 'mcp', { hostname: 'sso.example.com' });
    const credentials = UpstreamCredentials.keycloakExchange(realm, CRM);
    const crm = McpServer.fromUrl(program.chart, 'crm', { url: CRM, credentials });
    const tlsOptions = { authorities: { configMapName: 'corporate-ca' } };
    const auth = Auth.keycloak(realm, { tokenExchange: RED, tlsOptions });
    program.gateway('red', { auth, publicUrl: 'https://red.example.com', mcpServers: [crm] });
    const document = program.document('red-routes', 'gateway.json');
    const files = [document.auth.issuers[0].tls.caFile, document.mcpServers[0].credentials.tls.caFile];
    const { volumes, containers } = program.object('Deployment', 'red').spec.template.spec;
    for (const file of files as string[]) {
      const mount = containers[0].volumeMounts.find(({ mountPath }: Manifest) => file === `${mountPath}/ca.crt`);
      const volume = volumes.find(({ name }: Manifest) => name === mount?.name);
      expect(volume.configMap.name).toBe('corporate-ca');
    }
  });
});
