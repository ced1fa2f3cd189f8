import { Duration, Size } from 'cdk8s';
import {
  ApiKeys,
  Auth,
  ClusterProfile,
  Entry,
  HeaderMatch,
  Peer,
  Role,
  Route,
  RouteAffinity,
  RouteMatch,
} from 'agentyard';
import type { WARNING_CODES } from '../../lib/errors/codes';
import { Program, warningsOf } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

describe('gateway.json', () => {
  it('has the largest body that its agents and tools take too', () => {
    const program = new Program();
    const [logs, support] = [program.toolset('logs'), program.agent('support')];
    program.gateway('small', { maxBodySize: Size.kibibytes(1), tools: [logs] });
    const gateway = program.gateway('gateway', { maxBodySize: Size.mebibytes(4), tools: [logs] });
    gateway.addRoute('r', { match: RouteMatch.agent(support) });
    expect(program.document('small-routes', 'gateway.json').maxBodyBytes).toBe(1024);
    expect(program.document('gateway-routes', 'gateway.json').maxBodyBytes).toBe(4 * 1024 * 1024);
    expect(program.document('logs-config', 'toolset.json').maxBodyBytes).toBe(4 * 1024 * 1024);
    expect(program.document('support-config', 'agent.json').maxBodyBytes).toBe(4 * 1024 * 1024);
  });

  it('says of arguments and results only what the program asks for', () => {
    const program = new Program();
    program.gateway('quiet');
    program.gateway('hashing', { audit: { hashes: true } });
    expect(program.document('quiet-routes', 'gateway.json')).not.toHaveProperty('audit');
    expect(program.document('hashing-routes', 'gateway.json').audit).toEqual({ hashes: true, contents: false });
  });

  it('lists routes by priority, ties in the order of declaration, and the agents that they name', () => {
    const program = new Program();
    const [a, b] = [program.agent('a'), program.agent('b', { timeout: Duration.seconds(10) })];
    const gateway = program.gateway('gateway');
    gateway.addRoute('low', {
      match: RouteMatch.intent('x'),
      priority: 1,
      backends: [
        { agent: a, weight: 90 },
        { agent: b, weight: 10 },
      ],
    });
    gateway.addRoute('tie-one', { match: RouteMatch.agent(a), priority: 5 });
    new Route(program.chart, 'tie-two', { gateway, match: RouteMatch.agent(a), priority: 5, backends: [{ agent: b }] });
    const document = program.document('gateway-routes', 'gateway.json');
    expect(document.routes).toEqual([
      { name: 'tie-one', priority: 5, match: { by: 'agent', agent: 'a' }, backends: [{ agent: 'a', weight: 100 }] },
      { name: 'tie-two', priority: 5, match: { by: 'agent', agent: 'a' }, backends: [{ agent: 'b', weight: 100 }] },
      {
        name: 'low',
        priority: 1,
        match: { by: 'intent', pattern: 'x' },
        backends: [
          { agent: 'a', weight: 90 },
          { agent: 'b', weight: 10 },
        ],
      },
    ]);
    expect(document.agents).toEqual([
      expect.objectContaining({ name: 'a', host: 'a-pods.agents.svc', port: 8080, timeoutMs: 125_000 }),
      expect.objectContaining({ name: 'b', host: 'b-pods.agents.svc', port: 8080, timeoutMs: 15_000 }),
    ]);
  });

  it('has the conditions and the affinity of routes, and brings the roles that they ask for', () => {
    const program = new Program();
    const [vip, staff] = ['vip', 'staff'].map((name) => Role.fromRoleName(name)) as [Role, Role];
    const auth = Auth.oidc({ issuer: 'https://login.example.com', audience: 'mcp', roles: [vip, staff] });
    const gateway = program.gateway('gateway', { auth, entries: [Entry.fromCidr('10.0.0.0/8')] });
    gateway.addRoute('r', {
      match: RouteMatch.agent(program.agent('a'), {
        headers: [HeaderMatch.exact('X-Tier', 'gold'), HeaderMatch.pattern('x-region', '^eu-')],
        callerRoles: [vip, staff, vip],
      }),
      affinity: RouteAffinity.byUser(),
    });
    const document = program.document('gateway-routes', 'gateway.json');
    expect(document.routes[0]).toMatchObject({
      match: {
        by: 'agent',
        agent: 'a',
        headers: [
          { by: 'value', name: 'x-tier', value: 'gold' },
          { by: 'pattern', name: 'x-region', pattern: '^eu-' },
        ],
        callerRoles: ['staff', 'vip'],
      },
      affinity: { by: 'user', loadFactor: 1.25 },
    });
    expect(document.auth.issuers[0].roles).toEqual(['staff', 'vip']);
  });

  it('names the agents that are offered as tools, with what they are good for', () => {
    const program = new Program();
    const [a, b] = [program.agent('a', { description: 'Reads logs.' }), program.agent('b')];
    const gateway = program.gateway('gateway', { agentTools: [a] });
    for (const agent of [a, b]) gateway.addRoute(agent.node.id, { match: RouteMatch.agent(agent) });
    const document = program.document('gateway-routes', 'gateway.json');
    expect(document.agentTools).toEqual(['a']);
    expect(document.agents.map(({ card }: { card: { description?: string } }) => card.description)).toEqual([
      'Reads logs.',
      undefined,
    ]);
  });

  it('leaves out what fails as by default, or as it is told', () => {
    const program = new Program();
    program.gateway('usual');
    program.gateway('quick', { outlierDetection: { consecutiveFailures: 1, probeTimeout: Duration.millis(300) } });
    const section = (name: string) => program.document(`${name}-routes`, 'gateway.json').outlierDetection;
    const usual = {
      consecutiveFailures: 5,
      baseEjectionMs: 30_000,
      maxEjectionMs: 300_000,
      maxEjectedPercent: 50,
      probe: { path: '/readyz', intervalMs: 2_000, timeoutMs: 2_000 },
    };
    expect(section('usual')).toEqual(usual);
    expect(section('quick')).toEqual({ ...usual, consecutiveFailures: 1, probe: { ...usual.probe, timeoutMs: 300 } });
  });

  it('offers tools under their own names, and under their toolset’s where two toolsets have the same', () => {
    const program = new Program();
    const [one, two] = [program.toolset('one'), program.toolset('two')];
    program.gateway('gateway', { tools: [one, two.tool('greet')] });
    expect(program.document('gateway-routes', 'gateway.json').toolsets.map((t: { tools: unknown }) => t.tools)).toEqual(
      [
        [
          { name: 'greet', as: 'one__greet', allowedRoles: '*' },
          { name: 'part', as: 'part', allowedRoles: '*' },
        ],
        [{ name: 'greet', as: 'two__greet', allowedRoles: '*' }],
      ],
    );
  });

  it('has API keys by reference: a Secret that is mounted, never a key', () => {
    const program = new Program();
    program.gateway('gateway', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
      entries: [Entry.fromCidr('10.0.0.0/8')],
    });
    expect(program.document('gateway-routes', 'gateway.json').auth).toEqual({
      mode: 'credentials',
      issuers: [],
      apiKeys: { directory: '/var/run/secrets/agentyard/api-keys' },
    });
    const { spec } = program.object('Deployment', 'gateway').spec.template;
    expect(spec.volumes).toContainEqual({
      name: 'api-keys',
      secret: { secretName: 'keys', optional: true, defaultMode: 0o440 },
    });
  });
});

describe('warnings', () => {
  const lonely = () => {
    const program = new Program();
    program.gateway('gateway');
    return program;
  };

  it.each<[keyof typeof WARNING_CODES, string, () => void]>([
    ['AUTH_NONE', 'chart/gateway', () => new Program().gateway('gateway', { auth: Auth.none() })],
    ['AUDIT_CONTENTS', 'chart/gateway', () => new Program().gateway('gateway', { audit: { contents: true } })],
    ['AUTH_DEMO_TOKEN', 'chart/gateway', () => new Program().gateway('gateway', { auth: Auth.demoToken() })],
    ['TRUST_BY_HAND', 'chart/agentyard-trust', () => new Program('agents', ClusterProfile.eks()).agent('support')],
    ['GATEWAY_WITHOUT_ENTRY', 'chart/gateway', () => lonely().app.synthYaml()],
  ])('%s is printed with its place', (code, place, build) => {
    expect(warningsOf(build)).toMatch(new RegExp(`^warning \\[${code}\\] ${place}: .+\\. .+\\.$`, 'm'));
  });

  it('are not printed where nothing is open', () => {
    const auth = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
    const program = new Program();
    const build = () => {
      program.gateway('one', { auth, entries: [Entry.fromCidr('10.0.0.0/8')] });
      program.gateway('two', { auth }).connections.allowFrom(Peer.cidr('10.0.0.0/8'));
      program.app.synthYaml();
    };
    expect(warningsOf(build)).toBe('');
  });
});
