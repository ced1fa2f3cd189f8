import { ApiKeys, Auth, ClusterProfile, Egress, Entry, Peer, Role, TokenAlgorithm } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const viewer = Role.fromRoleName('viewer');
const analyst = Role.fromRoleName('analyst');
const keys = Auth.apiKeys(ApiKeys.fromSecretName('keys'));

describe('auth', () => {
  const authOf = (auth: Auth, publicUrl?: string, roles = [analyst]) => {
    const p = new Program();
    p.gateway('gateway', { auth, publicUrl, tools: [p.toolset('logs', { allowedRoles: roles })] });
    return { p, auth: p.document('gateway-routes', 'gateway.json').auth };
  };

  it('oidc: tokens are for the public URL, and bring the roles that are both declared and asked for', () => {
    const roles = [analyst, viewer];
    const { p, auth } = authOf(Auth.oidc({ issuer: 'https://login.example.com', roles }), 'https://mcp.example.com/');
    expect(auth.issuers).toEqual([
      {
        issuer: 'https://login.example.com',
        audiences: ['https://mcp.example.com'],
        algorithms: ['RS256', 'PS256', 'ES256'],
        userClaim: 'sub',
        roleClaims: [['roles']],
        roles: ['analyst'],
        clockToleranceMs: 5000,
      },
    ]);
    expect(auth.resource).toEqual({ url: 'https://mcp.example.com', scopes: [] });
    const list = p.synth().find(({ metadata }) => metadata.name === 'gateway' && metadata.namespace === 'agents');
    expect(list).toBeDefined();
  });

  it('oidc and entra: broader scopes stand for narrower ones', () => {
    const roles = [analyst];
    const scopes = { requiredScopes: ['mcp.use'], impliedScopes: { 'mcp.admin': ['mcp.use'] } };
    const oidc = authOf(
      Auth.oidc({ issuer: 'https://login.example.com', roles, ...scopes }),
      'https://mcp.example.com',
    );
    const ids = {
      tenantId: '11111111-2222-3333-4444-555555555555',
      applicationId: '66666666-7777-8888-9999-000000000000',
    };
    const entra = authOf(
      Auth.entra({ ...ids, roles, scopes: ['api://mcp/mcp.use'], ...scopes }),
      'https://mcp.example.com',
    );
    for (const { auth } of [oidc, entra]) expect(auth.issuers).toMatchObject([scopes]);
    expect(oidc.auth.resource.scopes).toEqual(['mcp.use']);
  });

  it('oidc: only the host of the keys is opened', () => {
    const p = new Program('agents', ClusterProfile.generic({ egress: Egress.cilium() }));
    const auth = Auth.oidc({ issuer: 'https://login.example.com', jwksUri: 'https://keys.example.com:8443/jwks' });
    p.gateway('gateway', { auth, publicUrl: 'https://mcp.example.com' });
    const { egress } = p.object('CiliumNetworkPolicy', 'gateway-egress').spec;
    expect(egress.flatMap(({ toFQDNs = [] }: Manifest) => toFQDNs)).toEqual([{ matchName: 'keys.example.com' }]);
    expect(JSON.stringify(egress)).toContain('"8443"');
  });

  it('oidc: an issuer in the cluster is reached at its pods, over http if it says so', () => {
    const p = new Program();
    const peer = Peer.pods({ namespace: 'sso', podLabels: { app: 'dex' } });
    const auth = Auth.oidc({ issuer: 'https://login.example.com', jwksUri: 'http://dex.sso.svc:5556/keys', peer });
    p.gateway('gateway', { auth, publicUrl: 'https://mcp.example.com' });
    const { egress } = p.object('NetworkPolicy', 'gateway').spec;
    expect(egress).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'sso' } },
          podSelector: { matchLabels: { app: 'dex' } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 5556 }],
    });
  });

  it('entra: version 2 tokens of one tenant for one application', () => {
    const [tenantId, applicationId] = ['1'.repeat(8), '2'.repeat(8)].map(
      (head) => `${head}-1111-2222-3333-444444444444`,
    );
    const { auth } = authOf(Auth.entra({ tenantId: tenantId!, applicationId: applicationId!, roles: [analyst] }));
    expect(auth.issuers).toEqual([
      {
        issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
        jwksUri: `https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`,
        audiences: [applicationId],
        algorithms: ['RS256'],
        userClaim: 'oid',
        roleClaims: [['roles']],
        roles: ['analyst'],
        clockToleranceMs: 5000,
      },
    ]);
  });

  it('anyOf: people by tokens, machines by keys', () => {
    const oidc = Auth.oidc({ issuer: 'https://a.example.com', audience: 'mcp', algorithms: [TokenAlgorithm.EDDSA] });
    const { auth } = authOf(Auth.anyOf(oidc, keys));
    expect(auth).toMatchObject({
      mode: 'credentials',
      apiKeys: { directory: '/var/run/secrets/agentyard/api-keys' },
      issuers: [{ issuer: 'https://a.example.com', audiences: ['mcp'], algorithms: ['EdDSA'] }],
    });
    expect(auth).not.toHaveProperty('resource');
  });

  it('demo token: for pods of the cluster alone, with the roles that it is given', () => {
    const p = new Program();
    p.gateway('gateway', {
      auth: Auth.demoToken({ roles: [viewer] }),
      publicUrl: 'http://localhost:8080',
      entries: [Entry.fromPods({ namespace: 'clients', podLabels: { app: 'demo' } })],
    });
    expect(p.document('gateway-routes', 'gateway.json').auth).toEqual({
      mode: 'credentials',
      issuers: [],
      demoToken: { roles: ['viewer'] },
    });
  });
});
