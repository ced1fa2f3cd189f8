import { request } from 'node:http';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  byIntent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startTestGateway,
  type RouteInput,
} from './fixture';

afterEach(cleanUp);

const KEYS = {
  plain: apiKey('plain0001'),
  vip: apiKey('vip000001', { roles: ['vip'] }),
  both: apiKey('both00001', { roles: ['vip', 'beta'] }),
};

/** A gateway before one replica each of `names`, and who answers a request. */
async function gatewayBefore(names: readonly string[], routes: RouteInput[]) {
  const servers = await Promise.all(names.map((name) => startAgent(name)));
  const hosts = Object.fromEntries(names.map((name, i) => [`${name}-pods:8080`, [servers[i]?.address ?? '']]));
  const document = documentOf({ auth: API_KEYS, agents: names.map((name) => agent(name)), routes });
  const keys = Object.fromEntries(Object.entries(KEYS).map(([name, { file }]) => [name, file]));
  const gateway = await startTestGateway({ document, hosts, keys });
  const answeredBy = async (
    target: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
    who: keyof typeof KEYS = 'plain',
  ): Promise<string | undefined> => {
    const answer = await gateway.invoke({ ...target, input: 'hi' }, { ...headers, 'x-api-key': KEYS[who].key });
    const { agent: name, code } = (await answer.json()) as { agent?: string; code?: string };
    return name ?? code;
  };
  return { gateway, document, answeredBy };
}

const withConditions = (route: RouteInput, more: Partial<RouteInput['match']>): RouteInput =>
  ({ ...route, match: { ...route.match, ...more } }) as RouteInput;

describe('conditions of a route', () => {
  it('all have to hold: each header by value or pattern, one of the roles, and the intent', async () => {
    const special = withConditions(byIntent('special', 'log', 'special', 20), {
      headers: [
        { by: 'value', name: 'x-tenant', value: 'Acme, Inc.' },
        { by: 'pattern', name: 'x-release', pattern: '^(canary|beta)-[0-9]+$' },
      ],
      callerRoles: ['admin', 'vip'],
    });
    const { answeredBy } = await gatewayBefore(['special', 'usual'], [special, byIntent('usual', '.', 'usual')]);
    const good = { 'x-tenant': 'Acme, Inc.', 'x-release': 'beta-7' };
    expect(await answeredBy({ intent: 'a log' }, good, 'vip')).toBe('special');
    expect(await answeredBy({ intent: 'a log' }, { 'X-Tenant': ' Acme, Inc. ', 'x-release': 'canary-1' }, 'both')).toBe(
      'special',
    );
    expect(await answeredBy({ intent: 'a bill' }, good, 'vip')).toBe('usual');
    expect(await answeredBy({ intent: 'a log' }, good, 'plain')).toBe('usual');
    expect(await answeredBy({ intent: 'a log' }, { ...good, 'x-tenant': 'acme, inc.' }, 'vip')).toBe('usual');
    expect(await answeredBy({ intent: 'a log' }, { ...good, 'x-release': 'beta-7x' }, 'vip')).toBe('usual');
    expect(await answeredBy({ intent: 'a log' }, { 'x-tenant': good['x-tenant'] }, 'vip')).toBe('usual');
  });

  it('see all values of a field that is sent more than once', async () => {
    const gold = withConditions(byIntent('gold', '.', 'gold', 20), {
      headers: [{ by: 'value', name: 'x-tier', value: 'gold' }],
    });
    const { gateway } = await gatewayBefore(['gold', 'usual'], [gold, byIntent('usual', '.', 'usual')]);
    const headers = { 'content-type': 'application/json', 'x-api-key': KEYS.plain.key, 'x-tier': ['gold', 'lead'] };
    const body = await new Promise<string>((resolve, reject) => {
      const sent = request(`${gateway.url}/v1/invoke`, { method: 'POST', headers }, (answer) => {
        answer.setEncoding('utf8').on('data', resolve);
      });
      sent.on('error', reject).end(JSON.stringify({ intent: 'x', input: 'hi' }));
    });
    expect(JSON.parse(body)).toMatchObject({ agent: 'usual' });
  });

  it('are not met by what every object has', async () => {
    const odd = withConditions(byIntent('odd', '.', 'odd'), {
      headers: [
        { by: 'pattern', name: 'constructor', pattern: '.' },
        { by: 'pattern', name: '__proto__', pattern: '.' },
      ],
    });
    const { answeredBy } = await gatewayBefore(['odd'], [odd]);
    expect(await answeredBy({ intent: 'x' })).toBe('route-unmatched');
  });

  it('choose between backends for an agent that is named, the best route first, ties by declaration', async () => {
    const next = withConditions(byAgent('support', ['next'], 100), {
      headers: [{ by: 'value', name: 'x-canary', value: '1' }],
    });
    const vip = withConditions({ ...byAgent('support', ['gold'], 100), name: 'vip' }, { callerRoles: ['vip'] });
    const all = { ...byAgent('support', ['support'], 100), name: 'all' };
    const { answeredBy } = await gatewayBefore(['support', 'next', 'gold'], [next, vip, all]);
    expect(await answeredBy({ agent: 'support' })).toBe('support');
    expect(await answeredBy({ agent: 'support' }, { 'x-canary': '1' })).toBe('next');
    expect(await answeredBy({ agent: 'support' }, {}, 'vip')).toBe('gold');
    expect(await answeredBy({ agent: 'support' }, { 'x-canary': '1' }, 'vip')).toBe('next');
  });

  it('stand before what they lead to also where its name is known', async () => {
    const gold = withConditions(byAgent('gold'), { callerRoles: ['vip'] });
    const hidden = withConditions(byIntent('hidden', '.', 'hidden'), { callerRoles: ['beta'] });
    const { answeredBy } = await gatewayBefore(['gold', 'hidden'], [gold, hidden]);
    for (const name of ['gold', 'hidden']) expect(await answeredBy({ agent: name })).toBe('route-unmatched');
    expect(await answeredBy({ agent: 'gold' }, {}, 'vip')).toBe('gold');
    expect(await answeredBy({ agent: 'hidden' }, {}, 'vip')).toBe('route-unmatched');
    expect(await answeredBy({ agent: 'hidden' }, {}, 'both')).toBe('hidden');
    expect(await answeredBy({ agent: 'nobody' }, {}, 'both')).toBe('agent-unknown');
  });

  it('do not let in: who has the role and not that of the agent is refused', async () => {
    const { gateway, document, answeredBy } = await gatewayBefore(
      ['gold'],
      [withConditions(byAgent('gold'), { callerRoles: ['vip'] })],
    );
    await gateway.writeDocument({ ...document, agents: [agent('gold', { allowedRoles: ['beta'] })] });
    await eventually(async () => (await answeredBy({ agent: 'gold' }, {}, 'vip')) === 'role-missing');
    expect(await answeredBy({ agent: 'gold' }, {}, 'both')).toBe('gold');
  });

  it('answer at once for a header that makes a backtracking engine hang', async () => {
    const evil = withConditions(byIntent('evil', '.', 'evil'), {
      headers: [{ by: 'pattern', name: 'x-evil', pattern: '^(a+)+$' }],
    });
    const { answeredBy } = await gatewayBefore(['evil'], [evil]);
    expect(await answeredBy({ intent: 'x' }, { 'x-evil': `${'a'.repeat(9_999)}!` })).toBe('route-unmatched');
    expect(await answeredBy({ intent: 'x' }, { 'x-evil': 'a'.repeat(9_999) })).toBe('evil');
  });
});
