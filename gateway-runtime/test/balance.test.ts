import type { LookupAddress } from 'node:dns';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { Balancer, NoPodError } from '../src/balance/balancer';
import { DnsEndpointResolver } from '../src/balance/endpoint-resolver';
import {
  agent,
  answerJson,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startServer,
  startTestGateway,
  type TestGateway,
} from './fixture';

afterEach(cleanUp);

/** Numbers that look random and are the same in each run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Nobody listens there, and no other test can. */
const DEAD = '127.0.0.1:1';
const ALSO_DEAD = '127.0.0.1:2';

type Backends = GatewayDocumentInput['routes'][number]['backends'];

function canary(backends: Backends): GatewayDocumentInput {
  return documentOf({
    agents: backends.map((backend) => agent(backend.agent)),
    routes: [{ name: 'canary', priority: 1, match: { by: 'intent', pattern: '.' }, backends }],
  });
}

/** Sends `count` requests, and counts who answered; a refusal counts under its code. */
async function answers(gateway: TestGateway, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i += 1) {
    const body = (await (await gateway.invoke({ intent: 'any', input: 'hi' })).json()) as {
      agent?: string;
      code?: string;
    };
    const who = body.agent ?? body.code ?? '';
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

describe('backends', () => {
  it('share the requests by weight, and weight 0 gets none', async () => {
    const [stable, next, off] = await Promise.all(['stable', 'next', 'off'].map((name) => startAgent(name)));
    const gateway = await startTestGateway({
      document: canary([
        { agent: 'stable', weight: 90 },
        { agent: 'next', weight: 10 },
        { agent: 'off', weight: 0 },
      ]),
      hosts: {
        'stable-pods:8080': [stable?.address ?? ''],
        'next-pods:8080': [next?.address ?? ''],
        'off-pods:8080': [off?.address ?? ''],
      },
      sources: { random: seeded(1) },
    });
    const counts = await answers(gateway, 300);
    expect(counts.off).toBeUndefined();
    // 30 expected, standard deviation 5.2.
    expect(counts.next).toBeGreaterThan(10);
    expect(counts.next).toBeLessThan(55);
    expect((counts.next ?? 0) + (counts.stable ?? 0)).toBe(300);
  });

  it('do not count while none of their pods is there or takes a connection', async () => {
    const up = await startAgent('up');
    const gateway = await startTestGateway({
      document: canary([
        { agent: 'gone', weight: 1000 },
        { agent: 'dead', weight: 1000 },
        { agent: 'up', weight: 1 },
      ]),
      hosts: { 'gone-pods:8080': [], 'dead-pods:8080': [DEAD], 'up-pods:8080': [up.address] },
    });
    expect(await answers(gateway, 20)).toEqual({ up: 20 });
  });

  it('are looked up once more when all known pods are gone, before the request is given up', async () => {
    const up = await startAgent('up');
    const addresses = ['127.0.0.9', '127.0.0.1'];
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('up', { port: up.port })],
        routes: [
          { name: 'all', priority: 1, match: { by: 'intent', pattern: '.' }, backends: [{ agent: 'up', weight: 1 }] },
        ],
      }),
      sources: { lookup: () => Promise.resolve([{ address: addresses.shift() ?? '127.0.0.1', family: 4 }]) },
      cluster: true,
    });
    expect(await answers(gateway, 3)).toEqual({ up: 3 });
    expect(addresses).toEqual([]);
  });

  it('of weight 0 are not used even when all others are down', async () => {
    const off = await startAgent('off');
    const gateway = await startTestGateway({
      document: canary([
        { agent: 'gone', weight: 1 },
        { agent: 'off', weight: 0 },
      ]),
      hosts: { 'gone-pods:8080': [], 'off-pods:8080': [off.address] },
    });
    expect(await answers(gateway, 1)).toEqual({ 'agent-unavailable': 1 });
    expect(off.requests).toEqual([]);
  });

  it('give 503 with Retry-After when none is left, and serve again when a pod comes', async () => {
    const gateway = await startTestGateway({
      document: canary([{ agent: 'up', weight: 1 }]),
      hosts: { 'up-pods:8080': [DEAD] },
    });
    const refused = await gateway.invoke({ intent: 'any', input: 'hi' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'agent-unavailable' });
    await gateway.writeHosts({ 'up-pods:8080': [(await startAgent('up')).address] });
    expect(await answers(gateway, 1)).toEqual({ up: 1 });
  });
});

describe('pods', () => {
  it('that refuse the connection are passed over without a lost request', async () => {
    const up = await startAgent('up');
    const hosts = { 'up-pods:8080': [DEAD, up.address, ALSO_DEAD] };
    const gateway = await startTestGateway({ document: canary([{ agent: 'up', weight: 1 }]), hosts });
    expect(await answers(gateway, 20)).toEqual({ up: 20 });
    expect(up.requests).toHaveLength(20);
  });

  it('get no second try once a request was sent to one of them', async () => {
    const breaking = await Promise.all([1, 2].map(() => startServer((_request, response) => void response.destroy())));
    const gateway = await startTestGateway({
      document: canary([{ agent: 'up', weight: 1 }]),
      hosts: { 'up-pods:8080': breaking.map(({ address }) => address) },
    });
    expect(await answers(gateway, 1)).toEqual({ 'agent-failed': 1 });
    expect(breaking.flatMap(({ requests }) => requests)).toHaveLength(1);
  });

  it('with the fewest requests in flight get the next one', async () => {
    const release: (() => void)[] = [];
    const pods = await Promise.all(
      [1, 2, 3].map(() =>
        startServer((_request, response) => void release.push(() => answerJson(response, 200, { agent: 'up' }))),
      ),
    );
    const gateway = await startTestGateway({
      document: canary([{ agent: 'up', weight: 1 }]),
      hosts: { 'up-pods:8080': pods.map(({ address }) => address) },
      sources: { random: () => 0 },
    });
    const asked = [];
    for (let i = 1; i <= 6; i += 1) {
      asked.push(gateway.invoke({ intent: 'any', input: 'hi' }));
      await eventually(() => release.length === i);
    }
    expect(pods.map(({ requests }) => requests.length)).toEqual([2, 2, 2]);
    release.forEach((answer) => answer());
    await Promise.all(asked.map(async (answer) => (await answer).text()));
    // With no requests in flight the choice is by chance again, which is 0 here: the first pod.
    const last = gateway.invoke({ intent: 'any', input: 'hi' });
    await eventually(() => release.length === 7);
    expect(pods.map(({ requests }) => requests.length)).toEqual([3, 2, 2]);
    release[6]?.();
    await (await last).text();
  });
});

describe('in a cluster', () => {
  it('the headless Service’s addresses are the pods, and a pod that is gone is looked up anew', async () => {
    const first = await startAgent('up', '127.0.0.1');
    const second = await startAgent('up', '127.0.0.2', first.port);
    let addresses: LookupAddress[] = [first, second].map(({ address }) => ({
      address: address.split(':')[0] ?? '',
      family: 4,
    }));
    const asked: string[] = [];
    const lookup = (host: string) => {
      asked.push(host);
      return Promise.resolve(addresses);
    };
    const document = documentOf({ agents: [agent('up', { port: first.port })], routes: [byAgent('up')] });
    const gateway = await startTestGateway({ document, cluster: true, sources: { lookup, random: seeded(2) } });
    const ask = async () => (await gateway.invoke({ agent: 'up', input: 'hi' })).status;
    for (let i = 0; i < 30; i += 1) expect(await ask()).toBe(200);
    expect(first.requests.length).toBeGreaterThan(3);
    expect(second.requests.length).toBeGreaterThan(3);
    expect(asked).toEqual(['up-pods']);

    await first.close();
    addresses = addresses.slice(1);
    const before = second.requests.length;
    for (let i = 0; i < 20; i += 1) expect(await ask()).toBe(200);
    expect(second.requests).toHaveLength(before + 20);
  });
});

describe('Balancer', () => {
  it('looks a Service up anew when a pod refuses, and sends the same request to a pod that is new', async () => {
    const addresses = [['10.0.0.1'], ['10.0.0.1', '10.0.0.2']];
    let now = 0;
    const clock = () => now;
    const lookup = () => Promise.resolve((addresses.shift() ?? []).map((address) => ({ address, family: 4 })));
    const balancer = new Balancer(new DnsEndpointResolver(lookup, clock), Math.random, clock);
    const service = { host: 'up-pods', port: 8080 };
    const used: string[] = [];
    await balancer.withPod(service, (origin) => Promise.resolve(used.push(origin)));
    now = 2_000;
    const refusal = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
    await balancer.withPod(service, (origin) => {
      used.push(origin);
      return origin.includes('10.0.0.1') ? Promise.reject(refusal) : Promise.resolve();
    });
    expect(used).toEqual(['http://10.0.0.1:8080', 'http://10.0.0.1:8080', 'http://10.0.0.2:8080']);
  });

  it('tries a pod that refused again after 5 s', async () => {
    let now = 0;
    const clock = () => now;
    const lookup = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }]);
    const balancer = new Balancer(new DnsEndpointResolver(lookup, clock), Math.random, clock);
    const service = { host: 'up-pods', port: 8080 };
    const refusal = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
    await expect(balancer.withPod(service, () => Promise.reject(refusal))).rejects.toBeInstanceOf(NoPodError);
    now = 4_999;
    await expect(balancer.withPod(service, () => Promise.resolve('served'))).rejects.toBeInstanceOf(NoPodError);
    now = 5_000;
    expect(await balancer.withPod(service, () => Promise.resolve('served'))).toBe('served');
  });
});

describe('DnsEndpointResolver', () => {
  /** A resolver with a clock and a DNS of the test. */
  function resolver() {
    const dns = {
      now: 0,
      asked: 0,
      answer: (): Promise<LookupAddress[]> => Promise.resolve([{ address: '10.0.0.1', family: 4 }]),
    };
    const service = { host: 'up-pods', port: 8080 };
    const resolving = new DnsEndpointResolver(
      () => {
        dns.asked += 1;
        return dns.answer();
      },
      () => dns.now,
    );
    return { dns, resolve: () => resolving.resolve(service), invalidate: () => resolving.invalidate(service) };
  }
  const failure = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

  it('writes IPv6 addresses in brackets', async () => {
    const { dns, resolve } = resolver();
    dns.answer = () => Promise.resolve([{ address: 'fd00::7', family: 6 }]);
    expect(await resolve()).toEqual(['http://[fd00::7]:8080']);
  });

  it('asks once for many at the same time, and again after 5 s', async () => {
    const { dns, resolve } = resolver();
    await Promise.all([resolve(), resolve(), resolve()]);
    dns.now = 4_999;
    await resolve();
    expect(dns.asked).toBe(1);
    dns.now = 5_000;
    dns.answer = () => Promise.resolve([{ address: '10.0.0.2', family: 4 }]);
    expect(await resolve()).toEqual(['http://10.0.0.2:8080']);
    expect(dns.asked).toBe(2);
  });

  it('asks sooner after a failure of a pod, but not more than once a second', async () => {
    const { dns, resolve, invalidate } = resolver();
    await resolve();
    invalidate();
    dns.now = 999;
    await resolve();
    expect(dns.asked).toBe(1);
    dns.now = 1_000;
    await resolve();
    expect(dns.asked).toBe(2);
    dns.now = 2_500;
    await resolve();
    expect(dns.asked).toBe(2);
  });

  it('keeps the addresses while DNS fails, and has none when the name has none', async () => {
    const { dns, resolve } = resolver();
    await resolve();
    dns.now = 5_000;
    dns.answer = () => failure('EAI_AGAIN');
    expect(await resolve()).toEqual(['http://10.0.0.1:8080']);
    dns.now = 10_000;
    dns.answer = () => failure('ENOTFOUND');
    expect(await resolve()).toEqual([]);
  });
});
