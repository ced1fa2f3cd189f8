import { Duration } from 'cdk8s';
import {
  CountedBy,
  Credentials,
  Model,
  Peer,
  Quota,
  Role,
  RouteMatch,
  SharedStore,
  type McpGatewayProps,
} from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const valkey = Peer.pods({ namespace: 'data', podLabels: { app: 'valkey' } });
const store = SharedStore.valkey({ host: 'valkey.data.svc', servedBy: valkey, passwordSecretName: 'valkey' });
const priced = Model.openai('gpt-5', {
  credentials: Credentials.fromSecretName('openai'),
  price: { inputPerMillionTokens: 1.25, outputPerMillionTokens: 10 },
});

describe('rate limits and quotas of a gateway', () => {
  it('stand in its document, with the agents’ prices', () => {
    const program = new Program();
    const [support, other] = [program.agent('support', { model: priced }), program.agent('other')];
    const logs = program.toolset('logs');
    const analyst = Role.fromRoleName('analyst');
    const gateway = program.gateway('gateway', {
      tools: [logs],
      store,
      rateLimits: [
        { name: 'all', requests: 60, window: Duration.minutes(1) },
        {
          name: 'narrow',
          requests: 5,
          burst: 2,
          window: Duration.seconds(10),
          per: [CountedBy.KEY, CountedBy.TOOL],
          roles: [analyst],
          agents: [support],
          tools: [logs.tool('greet')],
          shared: true,
        },
      ],
      quotas: [
        Quota.tokensPerDay('tokens', 100_000),
        Quota.moneyPerDay('money', 2.5, { reserve: 0.1, roles: [analyst], agents: [support] }),
      ],
    });
    for (const agent of [support, other]) gateway.addRoute(agent.node.id, { match: RouteMatch.agent(agent) });
    const document = program.document('gateway-routes', 'gateway.json');
    expect(document.rateLimits).toEqual([
      { name: 'all', requests: 60, windowMs: 60_000, per: ['user'], counted: 'local' },
      {
        name: 'narrow',
        requests: 5,
        burst: 2,
        windowMs: 10_000,
        per: ['key', 'tool'],
        roles: ['analyst'],
        agents: ['support'],
        tools: [{ toolset: 'logs', tool: 'greet' }],
        counted: 'shared',
      },
    ]);
    expect(document.quotas).toEqual([
      { name: 'tokens', unit: 'tokens', perDay: 100_000, reserve: 1_000 },
      { name: 'money', unit: 'money', perDay: 2.5, reserve: 0.1, roles: ['analyst'], agents: ['support'] },
    ]);
    expect(document.agents.map((agent: { price?: object }) => agent.price)).toEqual([
      { inputPerMillion: 1.25, outputPerMillion: 10 },
      undefined,
    ]);
    expect(document.store).toEqual({
      kind: 'valkey',
      host: 'valkey.data.svc',
      port: 6379,
      passwordFile: '/var/run/secrets/agentyard/store/password',
      database: 0,
      timeoutMs: 250,
    });
  });

  it('open the way to the store, and mount its password', () => {
    const program = new Program();
    program.gateway('gateway', { store });
    const pod = program.object('Deployment', 'gateway').spec.template.spec;
    expect(pod.volumes).toContainEqual({
      name: 'store',
      secret: { secretName: 'valkey', items: [{ key: 'password', path: 'password' }], defaultMode: 0o440 },
    });
    const { egress } = program.object('NetworkPolicy', 'gateway').spec;
    expect(egress).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } },
          podSelector: { matchLabels: { app: 'valkey' } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 6379 }],
    });
  });

  it.each<[string, Partial<McpGatewayProps>, RegExp]>([
    [
      'a quota without a store',
      { quotas: [Quota.tokensPerDay('tokens', 100)] },
      /\[STORE_MISSING\] chart\/gateway: "tokens" is counted by all replicas together/,
    ],
    [
      'a shared rate limit without a store',
      { rateLimits: [{ name: 'all', requests: 1, window: Duration.seconds(1), shared: true }] },
      /\[STORE_MISSING\] chart\/gateway: "all" is counted/,
    ],
    [
      'money without a price',
      { store, quotas: [Quota.moneyPerDay('money', 1)] },
      /\[PRICE_MISSING\] chart\/gateway: the quota "money" counts money, and the model of chart\/support has no price/,
    ],
    [
      'no requests',
      { rateLimits: [{ name: 'all', requests: 0, window: Duration.seconds(1) }] },
      /\[LIMIT_INVALID\] chart\/gateway: rateLimits.all.requests is 0/,
    ],
    [
      'a burst that is not whole',
      { rateLimits: [{ name: 'all', requests: 1, burst: 1.5, window: Duration.seconds(1) }] },
      /rateLimits.all.burst is 1.5/,
    ],
    [
      'a window of days',
      { rateLimits: [{ name: 'all', requests: 1, window: Duration.days(2) }] },
      /rateLimits.all.window is 172800000 ms/,
    ],
    ['no tokens', { store, quotas: [Quota.tokensPerDay('tokens', 0)] }, /quotas.tokens is 0/],
    [
      'a reserve above the quota',
      { store, quotas: [Quota.tokensPerDay('tokens', 10, { reserve: 11 })] },
      /quotas.tokens.reserve is 11. Give a whole number from 1 to 10/,
    ],
    [
      'two limits of one name',
      { store, quotas: [Quota.tokensPerDay('a', 1), Quota.tokensPerDay('a', 2)] },
      /"a" is listed twice/,
    ],
    [
      'a name that is none',
      { rateLimits: [{ name: 'A b', requests: 1, window: Duration.seconds(1) }] },
      /\$.rateLimits\[0\].name/,
    ],
  ])('fail the synthesis: %s', (_, props, message) => {
    const program = new Program();
    const gateway = program.gateway('gateway', props);
    gateway.addRoute('support', { match: RouteMatch.agent(program.agent('support')) });
    expect(() => program.synth()).toThrow(message);
  });

  it('fail the synthesis: an agent that the gateway does not have', () => {
    const program = new Program();
    const limit = { name: 'all', requests: 1, window: Duration.seconds(1), agents: [program.agent('support')] };
    program.gateway('gateway', { rateLimits: [limit] });
    expect(() => program.synth()).toThrow(/no agent "support" in \$.agents/);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a URL', () => SharedStore.valkey({ host: 'redis://x', servedBy: valkey }), /\[STORE_INVALID\].*"redis:\/\/x"/],
    ['a port', () => SharedStore.valkey({ host: 'x', servedBy: valkey, port: 0 }), /\[PORT_INVALID\].*port is 0/],
    ['a database', () => SharedStore.valkey({ host: 'x', servedBy: valkey, database: -1 }), /database is -1/],
    [
      'authorities without TLS',
      () => SharedStore.valkey({ host: 'x', servedBy: valkey, authorities: { configMapName: 'ca' } }),
      /\[STORE_INVALID\].*not encrypted/,
    ],
    [
      'a time',
      () => SharedStore.valkey({ host: 'x', servedBy: valkey, timeout: Duration.seconds(11) }),
      /timeout is 11000 ms/,
    ],
    [
      'a user without a password',
      () => SharedStore.valkey({ host: 'x', servedBy: valkey, username: 'gateway' }),
      /the user "gateway" has no password/,
    ],
    [
      'a Secret',
      () => SharedStore.valkey({ host: 'x', servedBy: valkey, passwordSecretName: 'A b' }),
      /\[NAME_INVALID\]/,
    ],
  ])('take no store with %s that is none', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it('take prices of 0 and more alone', () => {
    const program = new Program();
    const price = { inputPerMillionTokens: -1, outputPerMillionTokens: 0 };
    program.agent('a', { model: Model.openai('m', { credentials: Credentials.fromSecretName('s'), price }) });
    expect(() => program.synth()).toThrow(/model.price.inputPerMillionTokens is -1/);
  });
});
