import { setTimeout as sleep } from 'node:timers/promises';
import type { EgressProxyDocumentInput } from 'agentyard/contract';
import { Laboratory, PRIVATE, proxyDocument, PUBLIC } from './egress-proxy/laboratory';
import type { Proxy } from './egress-proxy/proxy';
import { until } from './egress-proxy/until';
import type { Workload } from './egress-proxy/workload';

jest.setTimeout(120_000);

type List = EgressProxyDocumentInput['allowLists'][number];

const list = (port: number, ...names: string[]): List => ({
  port,
  hosts: names.map((name) => ({ name: `${name}.example.com`, port: 443 })),
});
const API = list(10_001, 'api', 'second');
const OTHER = list(10_002, 'other');
const NEW = list(10_003, 'third');

let laboratory: Laboratory;
let workload: Workload;
let count = 0;

beforeAll(async () => {
  laboratory = await Laboratory.open();
  for (const name of ['api', 'second', 'third']) laboratory.zone.set(`${name}.example.com`, PUBLIC.api);
  laboratory.zone.set('other.example.com', PUBLIC.other);
  laboratory.zone.set('inside.example.com', PRIVATE.shared);
  workload = laboratory.addWorkload('workload');
}, 600_000);

afterAll(() => laboratory?.close());

/** A replica that the workload may reach at every port; what a port leads to is for Squid to say. */
function addProxy(index = 0, ...ports: number[]): Proxy {
  const proxy = laboratory.addProxy(`proxy${(count += 1)}`, index, ...ports);
  laboratory.network.allow(workload.pod, proxy.pod);
  return proxy;
}

async function started(document: EgressProxyDocumentInput): Promise<Proxy> {
  const proxy = addProxy();
  proxy.mount(document);
  await proxy.start();
  return proxy;
}

const reaches = async (proxy: Proxy, port: number, name: string): Promise<boolean> =>
  (await workload.tunnel(proxy.at(port), { target: `${name}.example.com:443` })).at !== undefined;

describe('a document that is wrong', () => {
  const wrong: [string, string | EgressProxyDocumentInput][] = [
    ['no JSON', '{'],
    ['refused by the contract', { ...proxyDocument([API]), name: 'Not A Label' }],
  ];

  it.each(wrong)(
    '(%s) leaves the last good one in force, also when the supervisor starts again',
    async (_, document) => {
      const proxy = await started(proxyDocument([API, OTHER]));
      await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', keep: 'open' });
      proxy.mount(document);
      expect(await proxy.logged({ event: 'document-refused' })).toMatchObject({ level: 'error' });
      expect(await proxy.isReady()).toBe(true);
      expect(await workload.isOpen('open')).toBe(true);
      expect(await reaches(proxy, 10_002, 'other')).toBe(true);

      await proxy.end();
      await proxy.start();
      expect(await proxy.logged({ event: 'document-refused' })).toMatchObject({ level: 'error' });
      expect(await reaches(proxy, 10_001, 'api')).toBe(true);
      expect(await reaches(proxy, 10_002, 'other')).toBe(true);

      proxy.mount(proxyDocument([API]));
      await proxy.logged({ event: 'reloaded' });
      expect(await reaches(proxy, 10_002, 'other')).toBe(false);
    },
  );

  it('is not started with where there is no good one: the container ends and says why', async () => {
    const proxy = addProxy();
    proxy.mount({ ...proxyDocument([API]), name: 'Not A Label' });
    proxy.launch();
    expect(await proxy.exit()).toBe(78);
    expect(proxy.log).toMatchObject([{ level: 'fatal', path: '$.name' }]);
  });

  it('is left when Squid cannot serve with it although it may be read', async () => {
    const proxy = await started(proxyDocument([API]));
    // Something else holds the port of the new list.
    proxy.pod.start(['node', '-e', `require('net').createServer((s) => s.destroy()).listen(${OTHER.port})`]);
    await until(() => laboratory.observer.connects(proxy.pod.address, OTHER.port));
    proxy.mount(proxyDocument([OTHER, NEW]));
    expect(await proxy.logged({ event: 'document-refused' })).toMatchObject({ level: 'error' });
    await until(() => proxy.isReady());
    expect(await reaches(proxy, 10_001, 'api')).toBe(true);
    expect(await reaches(proxy, 10_003, 'third')).toBe(false);
  });
});

describe('a document that is right', () => {
  it('and adds a list is taken while open tunnels stay open', async () => {
    const proxy = await started(proxyDocument([API, OTHER]));
    await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', keep: 'before' });
    const squid = proxy.squid();
    expect(await reaches(proxy, 10_003, 'third')).toBe(false);
    proxy.mount(proxyDocument([API, OTHER, NEW]));
    expect(await proxy.logged({ event: 'reloaded' })).toMatchObject({ change: 'reconfigure' });
    expect(await reaches(proxy, 10_003, 'third')).toBe(true);
    expect(await reaches(proxy, 10_001, 'third')).toBe(false);
    expect(await workload.isOpen('before')).toBe(true);
    expect(proxy.squid()).toBe(squid);
  });

  it.each<[string, List[]]>([
    ['removes a list', [OTHER]],
    ['takes a host out of a list', [list(10_001, 'second'), OTHER]],
    ['replaces a list', [OTHER, NEW]],
  ])('and %s ends the tunnels that were open', async (_, lists) => {
    const proxy = await started(proxyDocument([API, OTHER]));
    await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', keep: 'revoked' });
    expect(await workload.isOpen('revoked')).toBe(true);
    proxy.mount(proxyDocument(lists));
    expect(await proxy.logged({ event: 'reloaded' })).toMatchObject({ change: 'restart' });
    expect(await workload.isOpen('revoked')).toBe(false);
    expect(await reaches(proxy, 10_001, 'api')).toBe(false);
    expect(await reaches(proxy, 10_002, 'other')).toBe(true);
  });

  it('and takes a private block from a name ends the tunnels that were open', async () => {
    const inside = (privateCidrs: string[]): List => ({
      port: 10_004,
      hosts: [{ name: 'inside.example.com', port: 443, privateCidrs }],
    });
    const proxy = await started(proxyDocument([inside(['100.64.0.0/24'])]));
    await workload.tunnel(proxy.at(10_004), { target: 'inside.example.com:443', keep: 'inside' });
    expect(await workload.isOpen('inside')).toBe(true);
    proxy.mount(proxyDocument([inside(['100.64.1.0/24'])]));
    await proxy.logged({ event: 'reloaded' });
    expect(await workload.isOpen('inside')).toBe(false);
    expect(await reaches(proxy, 10_004, 'inside')).toBe(false);
  });

  it('may hold as many lists as Squid has ports, and no list at all', async () => {
    const many = Array.from({ length: 128 }, (_, i) => list(20_000 + i, 'api'));
    const proxy = await started(proxyDocument(many));
    expect(await reaches(proxy, 20_000, 'api')).toBe(true);
    expect(await reaches(proxy, 20_127, 'api')).toBe(true);
    proxy.mount(proxyDocument([]));
    await proxy.logged({ event: 'reloaded' });
    expect(await proxy.isReady()).toBe(true);
    expect(await workload.connects(proxy.pod.address, 20_000)).toBe(false);
  });
});

describe('a Squid', () => {
  it('that dies is started again, and the replica is not ready until it serves', async () => {
    const proxy = await started(proxyDocument([API]));
    process.kill(proxy.squid(), 'SIGKILL');
    await proxy.logged({ event: 'squid-died' });
    expect(await proxy.isReady()).toBe(false);
    await until(() => proxy.isReady());
    expect(await reaches(proxy, 10_001, 'api')).toBe(true);
  });

  it('that hangs makes the replica not ready, and is ended', async () => {
    const proxy = await started(proxyDocument([API]));
    const hanging = proxy.squid();
    process.kill(hanging, 'SIGSTOP');
    await until(async () => !(await proxy.isReady()));
    await proxy.logged({ event: 'squid-died', why: 'SIGKILL' });
    await until(() => proxy.isReady());
    expect(proxy.squid()).not.toBe(hanging);
    expect(await reaches(proxy, 10_001, 'api')).toBe(true);
  });
});

describe('two replicas', () => {
  it('never reload at once: one of them is always ready, and who asks a ready one is served', async () => {
    const reload = { replicas: 2, slotMs: 8_000, drainMs: 1_000 };
    const replicas = [addProxy(0), addProxy(1)];
    for (const replica of replicas) replica.mount(proxyDocument([API, OTHER], { reload }));
    for (const replica of replicas) await replica.start();
    const hosts = replicas.map(({ pod }) => pod.address);
    await laboratory.observer.watchReadiness(hosts);
    const client = askReadyOnes(replicas);
    for (const lists of [[API, OTHER, NEW], [API]]) {
      for (const replica of replicas) replica.mount(proxyDocument(lists, { reload }));
      for (const replica of replicas) await replica.logged({ event: 'reloaded', lists: lists.length });
    }
    await until(() => replicas[1]?.isReady());
    const { looks, notReady, allAtOnce } = await laboratory.observer.readinessSeen();
    expect(notReady.every((times) => times > 0)).toBe(true);
    expect(looks).toBeGreaterThan(notReady.reduce((sum, times) => sum + times, 0));
    expect(allAtOnce).toBe(0);
    const { served, failed } = await client.stop();
    expect(served).toBeGreaterThan(0);
    expect(failed).toEqual([]);
  });

  /** A client that asks again and again, each time a replica that is ready, as Services send it to. */
  function askReadyOnes(replicas: readonly Proxy[]) {
    let stopped = false;
    const run = async () => {
      const seen = { served: 0, failed: [] as unknown[] };
      for (let i = 0; !stopped; i += 1) {
        const proxy = replicas[i % replicas.length];
        if (proxy === undefined || !(await proxy.isReady())) continue;
        const result = await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443' });
        if (result.at === PUBLIC.api) seen.served += 1;
        else seen.failed.push(result);
      }
      return seen;
    };
    const running = run();
    return { stop: () => ((stopped = true), running) };
  }
});

describe('behind a parent proxy', () => {
  it('everything goes through the parent, and the same rules hold', async () => {
    // The way to the DNS and to the parent is open, and no other.
    const proxy = addProxy(0, 53, 3128);
    const plain = { name: 'second.example.com', port: 8000, tls: false };
    const inside = { name: 'inside.example.com', port: 443 };
    proxy.mount(
      proxyDocument([{ port: 10_001, hosts: [...API.hosts, plain, inside] }], {
        parent: { host: PRIVATE.rfc1918, port: 3128 },
      }),
    );
    await proxy.start();
    const asked = () => laboratory.seen.filter(({ event }) => event === 'parent').map(({ url }) => url);
    expect(await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443' })).toMatchObject({
      at: PUBLIC.api,
      serverName: 'api.example.com',
    });
    const answer = await workload.request(proxy.at(10_001), 'http://second.example.com:8000/v1');
    expect(answer.status).toBe(200);
    expect(asked()).toEqual(['api.example.com:443', 'http://second.example.com:8000/v1']);

    expect(await reaches(proxy, 10_001, 'other')).toBe(false);
    expect(await reaches(proxy, 10_001, 'inside')).toBe(false);
    expect(
      await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', serverName: 'evil.example.org' }),
    ).toEqual({ status: 200, error: 'closed' });
    expect(asked()).toHaveLength(2);
  });
});

describe('at SIGTERM', () => {
  it('no connection is taken any more, open tunnels run on, and with the last one it ends', async () => {
    const proxy = await started(proxyDocument([API]));
    await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', keep: 'last' });
    proxy.signal('SIGTERM');
    await until(async () => !(await workload.connects(proxy.pod.address, 10_001)));
    expect(await workload.isOpen('last')).toBe(true);
    await sleep(1_000);
    expect(await workload.isOpen('last')).toBe(true);
    await workload.close('last');
    expect(await proxy.exit()).toBe(0);
    expect(proxy.log.at(-1)).toMatchObject({ event: 'stopped' });
  });

  it('tunnels are ended when the grace is over', async () => {
    const proxy = await started(proxyDocument([API], { shutdown: { graceMs: 1_500 } }));
    await workload.tunnel(proxy.at(10_001), { target: 'api.example.com:443', keep: 'long' });
    proxy.signal('SIGTERM');
    expect(await proxy.exit()).toBe(0);
    expect(await workload.isOpen('long')).toBe(false);
  });
});
