import { KeyCommands } from './fixtures/keys-run';
import { ManifestFolders } from './fixtures/manifest-folder';
import { workload, type KubeObject } from './fixtures/manifests';
import { SecretStore } from './fixtures/secret-store';

const KEYS = '/var/run/secrets/agentyard/api-keys';
const TRUST = '/etc/agentyard/trust';
const SIGNED = { name: 'lookup', description: 'Looks up.', inputSchema: { type: 'object' } };

const account = (name: string) => `system:serviceaccount:agents:${name}`;
const audience = (name: string) => `agentyard:agents/${name}`;
const serviceToken = (name: string) => ({ audience: audience(name), file: `/var/run/secrets/tokens/${name}` });
const head = (kind: string, name: string) => ({
  kind,
  version: 1,
  name,
  namespace: 'agents',
  listen: { port: 8080 },
  shutdown: { graceMs: 1_000 },
});
const at = (name: string) => ({ host: `${name}.agents.svc`, port: 8080, timeoutMs: 1_000 });

/** A toolset whose tool is for a role. */
function toolset(name: string, role: string): KubeObject[] {
  const document = {
    ...head('Toolset', name),
    identity: { audience: audience(name), trustBundleDirectory: TRUST, callers: [] },
    toolsDirectory: '/tools',
    scratchDirectory: '/tmp',
    tools: [{ ...SIGNED, allowedRoles: [role], module: 'lookup.mjs', sha256: '0'.repeat(64) }],
    limits: {},
  };
  return workload('sandbox', name, { namespace: 'agents', document });
}

const agent = workload('agent', 'support', {
  namespace: 'agents',
  document: {
    ...head('Agent', 'support'),
    identity: { audience: audience('support'), subject: account('support'), trustBundleDirectory: TRUST, callers: [] },
    allowedRoles: ['may-ask'],
    prompt: 'You help.',
    model: { provider: 'scripted', rules: [{ steps: [{ say: 'Yes.' }] }] },
    limits: {},
    toolsets: [],
  },
});

/** A gateway in front of the agent, which uses `logs`, of the toolset `shop` and of an MCP server. */
function gateway(
  name: string,
  { auth = {}, volume = {}, watch }: { auth?: object; volume?: object; watch?: object } = {},
): KubeObject[] {
  const issuer = { issuer: 'https://sso.example.com', audiences: ['mcp'], roles: ['of-realm'] };
  const document = {
    ...head('Gateway', name),
    watch,
    auth: { mode: 'credentials', issuers: [issuer], apiKeys: { directory: KEYS }, ...auth },
    identity: { issuer: audience(name), subject: account(name), signingKeysDirectory: '/etc/agentyard/signing' },
    agents: [
      {
        name: 'support',
        ...at('support'),
        allowedRoles: ['may-ask'],
        serviceToken: serviceToken('support'),
        subject: account('support'),
        claimAudiences: [audience('support'), audience('logs')],
      },
    ],
    routes: [],
    toolsets: [
      {
        name: 'shop',
        ...at('shop'),
        serviceToken: serviceToken('shop'),
        tools: [
          { name: 'lookup', as: 'lookup', allowedRoles: ['may-shop'] },
          { name: 'open', as: 'open', allowedRoles: '*' },
        ],
      },
    ],
    mcpServers: [
      {
        name: 'github',
        endpoint: { by: 'url', url: 'http://localhost:3001/mcp' },
        timeoutMs: 1_000,
        otherTools: ['may-search'],
      },
    ],
  };
  return workload('gateway', name, {
    namespace: 'agents',
    document,
    mounts: [{ name: 'keys', mountPath: KEYS }],
    volumes: [{ name: 'keys', secret: { secretName: `${name}-keys` }, ...volume }],
  });
}

/** The Secret of a gateway, by the manifests. */
describe('agentyard keys --gateway', () => {
  let folders: ManifestFolders;
  let manifests: string;
  const store = new SecretStore();
  const keys = new KeyCommands(store);
  const create = (wanted: string, options: { role?: readonly string[]; manifests?: string } = {}) =>
    keys.create({ secret: undefined, namespace: undefined, gateway: wanted, manifests, ...options });

  beforeAll(async () => {
    folders = await ManifestFolders.open();
    const behind = [...agent, ...toolset('logs', 'may-read'), ...toolset('shop', 'may-shop')];
    const others = toolset('elsewhere', 'of-others');
    manifests = await folders.write('platform', [...gateway('gateway'), ...behind, ...others]);
  });
  afterAll(() => folders.close());

  it.each(['gateway', 'agents/gateway'])('writes to the Secret that the Deployment mounts: %s', async (wanted) => {
    const { code, errors } = await create(wanted);
    expect(code).toBe(0);
    expect(errors).toContain('added to the Secret agents/gateway-keys');
    expect(store.object('gateway-keys')?.metadata.namespace).toBe('agents');
  });

  it('takes every role that counts at the gateway, or at what it calls for its users', async () => {
    const { code } = await create('gateway', { role: ['may-ask', 'may-read', 'may-search', 'may-shop', 'of-realm'] });
    expect(code).toBe(0);
  });

  it('names those, if a role is another one', async () => {
    const { code, output, errors } = await create('gateway', { role: ['may-ask', 'of-others'] });
    expect([code, output]).toEqual([1, '']);
    expect(errors).toBe(
      'error: --role of-others: no such role counts at the gateway agents/gateway; there are may-ask, may-read, may-search, may-shop, of-realm\n',
    );
  });

  it.each([
    ['90 s', 'mounts the Secret', undefined],
    ['90 s', 'watches its document alone', { configMap: 'gateway-routes' }],
    ['5 s', 'watches the Secret', { configMap: 'gateway-routes', apiKeysSecret: 'gateway-keys' }],
  ])('says that a change counts within %s at a gateway that %s', async (time, _case, watch) => {
    const folder = await folders.write(`watch-${_case.replaceAll(' ', '-')}`, [
      ...gateway('gateway', { watch }),
      ...agent,
    ]);
    const { errors } = await create('gateway', { manifests: folder });
    expect(errors).toContain(`Gateways know it within ${time}. It is shown this once`);
  });

  it('finds a Secret in a projected volume', async () => {
    const volume = { secret: undefined, projected: { sources: [{ secret: { name: 'projected-keys' } }] } };
    const folder = await folders.write('projected', [...gateway('gateway', { volume }), ...agent]);
    expect((await create('gateway', { manifests: folder })).errors).toContain('the Secret agents/projected-keys');
  });

  it('lists, too', async () => {
    const { code, output } = await keys.list({ secret: undefined, gateway: 'gateway', manifests });
    expect(code).toBe(0);
    expect(output).toContain('may-ask,may-read,may-search,may-shop,of-realm');
  });

  it.each([
    ['no such gateway', gateway('other'), 'there is no such gateway in the manifests; there are agents/other'],
    ['no gateway', toolset('logs', 'may-read'), 'there is no such gateway in the manifests; there are none'],
    ['no keys', gateway('gateway', { auth: { apiKeys: undefined } }), 'the gateway agents/gateway takes no API keys'],
    [
      'no Secret',
      gateway('gateway', { volume: { secret: undefined, emptyDir: {} } }),
      `mounts no Secret at ${KEYS}; name it: --secret`,
    ],
    [
      'a wrong document',
      gateway('gateway', { auth: { mode: 'open' } }),
      'Deployment agents/gateway: gateway.json: 1 fault',
    ],
  ])('says what is wrong with manifests: %s', async (name, objects, message) => {
    const folder = await folders.write(name, objects);
    const { code, output, errors } = await create('gateway', { manifests: folder });
    expect([code, output]).toEqual([1, '']);
    expect(errors).toContain(message);
  });

  it('asks which, if there are several', async () => {
    const there = JSON.stringify(gateway('gateway')).replaceAll('"namespace":"agents"', '"namespace":"shop"');
    const folder = await folders.write('several', [...gateway('gateway'), ...(JSON.parse(there) as KubeObject[])]);
    const { errors } = await create('gateway', { manifests: folder });
    expect(errors).toContain('--gateway gateway: there are several; give one of agents/gateway, shop/gateway');
    expect((await create('shop/gateway', { manifests: folder })).errors).toContain('the Secret shop/gateway-keys');
  });
});
