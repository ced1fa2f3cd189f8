import {
  Auth,
  ClusterProfile,
  Egress,
  McpServer,
  Peer,
  TokenAlgorithm,
  UpstreamClient,
  UpstreamCredentials,
} from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const ISSUER = 'https://sso.example.com/realms/mcp';
const TOKENS = `${ISSUER}/protocol/openid-connect/token`;
const DIRECTORY = '/var/run/secrets/agentyard/upstream/crm';
const AUDIENCE = 'https://crm.example.com/mcp';
const CLIENT = UpstreamClient.withSecret('mcp-gateway', 'gateway-client', 'secret');

/** A gateway before a server that it shows something to. */
function withCredentials(credentials: UpstreamCredentials, cluster?: ClusterProfile): Program {
  const program = new Program('agents', cluster);
  const crm = McpServer.fromUrl(program.chart, 'crm', { url: AUDIENCE, credentials });
  const auth = Auth.oidc({ issuer: ISSUER, audience: 'https://mcp.example.com' });
  program.gateway('gateway', { auth, mcpServers: [crm] });
  return program;
}

const sectionOf = (program: Program): Manifest =>
  program.document('gateway-routes', 'gateway.json').mcpServers[0].credentials;
const secretsOf = (program: Program): Manifest[] => {
  const { volumes, containers } = program.object('Deployment', 'gateway').spec.template.spec;
  const mounted = containers[0].volumeMounts.find(({ mountPath }: Manifest) => mountPath === DIRECTORY);
  return (volumes as Manifest[]).filter(({ name }) => name === mounted?.name).map(({ secret }) => secret);
};
const client = { method: 'client_secret_basic', clientSecretFile: `${DIRECTORY}/secret` };

describe('what a gateway shows to an MCP server of others', () => {
  it.each<[string, UpstreamCredentials, object]>([
    [
      'a token',
      UpstreamCredentials.fromSecretKey('gateway-client', 'secret'),
      { by: 'secret', header: 'Authorization', scheme: 'Bearer' },
    ],
    [
      'a key in its header',
      UpstreamCredentials.fromSecretKey('gateway-client', 'secret', { header: 'X-Api-Key' }),
      { by: 'secret', header: 'X-Api-Key' },
    ],
    [
      'a token of its own',
      UpstreamCredentials.clientCredentials(CLIENT, { tokenEndpoint: TOKENS, scopes: ['crm'], resource: AUDIENCE }),
      {
        by: 'client-credentials',
        tokenEndpoint: TOKENS,
        clientId: 'mcp-gateway',
        client,
        scopes: ['crm'],
        resource: AUDIENCE,
      },
    ],
    [
      'a token for the user',
      UpstreamCredentials.tokenExchange(CLIENT, { issuer: ISSUER, tokenEndpoint: TOKENS, audience: AUDIENCE }),
      {
        by: 'token-exchange',
        issuer: ISSUER,
        tokenEndpoint: TOKENS,
        clientId: 'mcp-gateway',
        client,
        audience: AUDIENCE,
      },
    ],
  ])('is %s, from a Secret that is mounted and stands in no document', (_case, credentials, section) => {
    const program = withCredentials(credentials);
    expect(sectionOf(program)).toMatchObject(section);
    expect(secretsOf(program)).toEqual([
      { secretName: 'gateway-client', items: [{ key: 'secret', path: 'secret' }], defaultMode: 0o440 },
    ]);
  });

  it('may be shown by a key pair of the client', () => {
    const signing = UpstreamClient.withPrivateKey('gw', 'keys', 'key.pem', {
      audience: ISSUER,
      algorithm: TokenAlgorithm.ES256,
    });
    const program = withCredentials(UpstreamCredentials.clientCredentials(signing, { tokenEndpoint: TOKENS }));
    expect(sectionOf(program).client).toEqual({
      method: 'private_key_jwt',
      privateKeyFile: `${DIRECTORY}/secret`,
      algorithm: 'ES256',
      audience: ISSUER,
    });
  });

  it('is a claim without any Secret, or nothing', () => {
    const program = withCredentials(UpstreamCredentials.userClaim(AUDIENCE));
    expect(sectionOf(program)).toEqual({ by: 'user-claim', audience: AUDIENCE });
    expect(secretsOf(program)).toEqual([]);
  });

  it('opens the way to the token endpoint, and to its pods if it has some', () => {
    const cilium = ClusterProfile.generic({ egress: Egress.cilium() });
    const tokenEndpoint = 'https://login.example.net/token';
    const byName = withCredentials(UpstreamCredentials.clientCredentials(CLIENT, { tokenEndpoint }), cilium);
    const { egress } = byName.object('CiliumNetworkPolicy', 'gateway-egress').spec;
    const hosts = egress.flatMap(({ toFQDNs = [] }: Manifest) => toFQDNs);
    expect(hosts).toContainEqual({ matchName: 'login.example.net' });
    const peer = Peer.pods({ namespace: 'sso', podLabels: { app: 'keycloak' } });
    const inside = UpstreamCredentials.clientCredentials(CLIENT, {
      tokenEndpoint: 'http://sso.sso.svc:8080/token',
      peer,
    });
    expect(JSON.stringify(withCredentials(inside).object('NetworkPolicy', 'gateway').spec.egress)).toContain(
      'keycloak',
    );
  });

  it.each([
    'http://login.example.com/token',
    'https://login/token',
    'login.example.com',
    'https://u:p@login.example.com/t',
  ])('has no token endpoint at %s', (tokenEndpoint) => {
    expect(() => UpstreamCredentials.clientCredentials(CLIENT, { tokenEndpoint })).toThrow(/CREDENTIALS_INVALID/);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an entry that is none', () => UpstreamCredentials.fromSecretKey('s', 'a/b'), /NAME_INVALID/],
    [
      'the header Host',
      () => withCredentials(UpstreamCredentials.fromSecretKey('s', 'k', { header: 'Host' })).synth(),
      /DOCUMENT_INVALID.*sets itself/s,
    ],
    [
      'a claim for a service of the platform',
      () => withCredentials(UpstreamCredentials.userClaim('agentyard:a/b')).synth(),
      /DOCUMENT_INVALID.*agentyard:/s,
    ],
    [
      'tokens of an issuer that the gateway does not take',
      () =>
        withCredentials(
          UpstreamCredentials.tokenExchange(CLIENT, {
            issuer: 'https://other.example.com',
            tokenEndpoint: TOKENS,
            audience: 'x',
          }),
        ).synth(),
      /DOCUMENT_INVALID.*no issuer/s,
    ],
  ])('may not be %s', (_case, made, fault) => {
    expect(made).toThrow(fault);
  });
});
