import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  cleanUp,
  documentOf,
  eventually,
  startServer,
  startTestGateway,
  type Answer,
  type RouteInput,
  type TestGateway,
} from './fixture';

afterEach(cleanUp);

const KEYS = { ann: apiKey('ann000001'), bob: apiKey('bob000001') };
type Who = keyof typeof KEYS;

/** Pods that answer with their own name. */
const podsNamed = (names: readonly string[], answer?: (name: string) => Answer) =>
  Promise.all(
    names.map((name) =>
      startServer(answer?.(name) ?? ((_request, response) => answerJson(response, 200, { pod: name }))),
    ),
  );

const routed = (affinity: RouteInput['affinity'], backends: RouteInput['backends']): RouteInput => ({
  name: 'all',
  priority: 1,
  match: { by: 'intent', pattern: '.' },
  backends,
  affinity,
});

async function gatewayBefore(
  services: Readonly<Record<string, readonly string[]>>,
  affinity: RouteInput['affinity'],
  more: Partial<GatewayDocumentInput> = {},
) {
  const names = Object.keys(services);
  const hosts: Record<string, string[]> = {};
  const addresses = new Map<string, string>();
  for (const name of names) {
    const servers = await podsNamed(services[name] ?? []);
    hosts[`${name}-pods:8080`] = servers.map(({ address }) => address);
    servers.forEach(({ address }, i) => addresses.set(services[name]?.[i] ?? '', address));
  }
  const backends = names.map((name) => ({ agent: name, weight: 1 }));
  const gateway = await startTestGateway({
    document: documentOf({
      auth: API_KEYS,
      agents: names.map((name) => agent(name)),
      routes: [routed(affinity, backends)],
      ...more,
    }),
    hosts,
    keys: { ann: KEYS.ann.file, bob: KEYS.bob.file },
  });
  return { gateway, hosts, addressOf: (pod: string) => addresses.get(pod) ?? '' };
}

async function podFor(gateway: TestGateway, sessionId?: string, who: Who = 'ann'): Promise<string> {
  const answer = await gateway.invoke({ intent: 'x', input: 'hi', sessionId }, { 'x-api-key': KEYS[who].key });
  return ((await answer.json()) as { pod: string }).pod;
}

const SESSIONS = Array.from({ length: 24 }, (_, i) => `session-${i}`);

async function podsFor(gateway: TestGateway, who: Who = 'ann'): Promise<Map<string, string>> {
  const pods = new Map<string, string>();
  for (const session of SESSIONS) pods.set(session, await podFor(gateway, session, who));
  return pods;
}

describe('affinity by session', () => {
  it('sends a session to the same pod again, and sessions to all pods', async () => {
    const { gateway } = await gatewayBefore({ support: ['a', 'b', 'c'] }, { by: 'session' });
    const first = await podsFor(gateway);
    expect(await podsFor(gateway)).toEqual(first);
    expect([...new Set(first.values())].sort()).toEqual(['a', 'b', 'c']);
  });

  it('is the same at another replica, which lists the pods in another order', async () => {
    const { gateway, hosts } = await gatewayBefore({ support: ['a', 'b', 'c'] }, { by: 'session' });
    const first = await podsFor(gateway);
    await gateway.writeHosts({ 'support-pods:8080': [...(hosts['support-pods:8080'] ?? [])].reverse() });
    expect(await podsFor(gateway)).toEqual(first);
  });

  it('moves only the sessions of a pod that goes, and gives it back when it comes', async () => {
    const { gateway, hosts, addressOf } = await gatewayBefore({ support: ['a', 'b', 'c'] }, { by: 'session' });
    const before = await podsFor(gateway);
    const all = hosts['support-pods:8080'] ?? [];
    await gateway.writeHosts({ 'support-pods:8080': all.filter((address) => address !== addressOf('b')) });
    const without = await podsFor(gateway);
    for (const [session, pod] of before) {
      if (pod === 'b') expect(without.get(session)).not.toBe('b');
      else expect(without.get(session)).toBe(pod);
    }
    await gateway.writeHosts(hosts);
    expect(await podsFor(gateway)).toEqual(before);
  });

  it('keeps a session at its backend, and moves it only while that has no pod', async () => {
    const { gateway, hosts } = await gatewayBefore({ one: ['one'], two: ['two'] }, { by: 'session' });
    const before = await podsFor(gateway);
    expect([...new Set(before.values())].sort()).toEqual(['one', 'two']);
    await gateway.writeHosts({ ...hosts, 'one-pods:8080': [] });
    expect(new Set((await podsFor(gateway)).values())).toEqual(new Set(['two']));
    await gateway.writeHosts(hosts);
    expect(await podsFor(gateway)).toEqual(before);
  });

  it('takes sessions of two users that have the same id for two', async () => {
    const { gateway } = await gatewayBefore({ support: ['a', 'b', 'c'] }, { by: 'session' });
    expect(await podsFor(gateway, 'ann')).not.toEqual(await podsFor(gateway, 'bob'));
  });

  it('lets others take what a pod has too much of, so that no session needs its pod', async () => {
    const release: (() => void)[] = [];
    const pods = await podsNamed(
      ['a', 'b'],
      (name) => (_request, response) => void release.push(() => answerJson(response, 200, { pod: name })),
    );
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support')],
        routes: [routed({ by: 'session', loadFactor: 1.25 }, [{ agent: 'support', weight: 1 }])],
      }),
      hosts: { 'support-pods:8080': pods.map(({ address }) => address) },
    });
    const answers: Promise<Response>[] = [];
    for (let i = 1; i <= 8; i += 1) {
      answers.push(gateway.invoke({ intent: 'x', input: 'hi', sessionId: 'busy' }));
      await eventually(() => release.length === i);
    }
    // Of 8 requests a pod may have 1.25 times 4.
    expect(pods.map(({ requests }) => requests.length).sort()).toEqual([3, 5]);
    release.forEach((answer) => answer());
    for (const answer of answers) expect((await answer).status).toBe(200);
  });

  it('does without where a client sends no session', async () => {
    const { gateway } = await gatewayBefore({ support: ['a', 'b'] }, { by: 'session' });
    const seen = new Set<string>();
    await eventually(async () => seen.add(await podFor(gateway)).size === 2);
  });

  it('passes the session on to nobody', async () => {
    const [pod] = await podsNamed(['a']);
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support')],
        routes: [routed({ by: 'session' }, [{ agent: 'support', weight: 1 }])],
      }),
      hosts: { 'support-pods:8080': [pod?.address ?? ''] },
    });
    await (await gateway.invoke({ intent: 'x', input: 'hi', sessionId: 'canary-session' })).text();
    expect(pod?.requests).toHaveLength(1);
    expect(JSON.stringify([pod?.requests, gateway.logs])).not.toContain('canary-session');
  });
});

describe('affinity by user', () => {
  it('sends all of a user to one pod, whatever the session', async () => {
    const { gateway } = await gatewayBefore({ support: ['a', 'b', 'c', 'd'] }, { by: 'user' });
    for (const who of ['ann', 'bob'] as const) {
      const pods = await podsFor(gateway, who);
      expect(new Set(pods.values()).size).toBe(1);
    }
  });
});

describe('a request with a session', () => {
  it.each(['', 'with blank', 'é', 'x'.repeat(257), 7])('is refused when its id is %j', async (sessionId) => {
    const { gateway } = await gatewayBefore({ support: ['a'] }, { by: 'session' });
    const answer = await gateway.invoke({ intent: 'x', input: 'hi', sessionId }, { 'x-api-key': KEYS.ann.key });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'request-invalid', faults: [{ path: '$.sessionId' }] });
  });
});
