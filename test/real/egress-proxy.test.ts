import type { EgressProxyDocumentInput } from 'agentyard/contract';
import { clientHello } from './egress-proxy/client-hello';
import { Laboratory, PRIVATE, proxyDocument, PUBLIC } from './egress-proxy/laboratory';
import type { Proxy } from './egress-proxy/proxy';
import type { TunnelOrder, Workload } from './egress-proxy/workload';

jest.setTimeout(60_000);

/** Port of the list of workload a, and of that of workload b. */
const A = 10_001;
const B = 10_002;
/** Port of a list that is longer than a line of Squid's configuration may be. */
const LONG = 10_003;
const MANY = Array.from({ length: 400 }, (_, i) => `host${i}.long.example.com`);
const MANY_BLOCKS = Array.from({ length: 200 }, (_, i) => `10.9.9.${i}/32`);

const LISTS: EgressProxyDocumentInput['allowLists'] = [
  {
    port: A,
    hosts: [
      ...['api', 'second', 'six', 'mixed', 'loopback', 'mapped', 'unspecified', 'rebind', 'nowhere', 'down']
        .concat(Object.keys(PRIVATE).map((name) => name.toLowerCase()))
        .map((name) => ({ name: `${name}.example.com`, port: 443 })),
      { name: '*.wild.example.com', port: 443 },
      { name: 'plain.example.com', port: 8000, tls: false },
      { name: 'private-plain.example.com', port: 8000, tls: false },
    ],
  },
  {
    port: B,
    hosts: [
      { name: 'other.example.com', port: 443 },
      { name: 'rfc1918.example.com', port: 443, privateCidrs: ['10.9.9.0/24'] },
      { name: 'ula.example.com', port: 443, privateCidrs: ['fd99::/16'] },
      { name: 'shared.example.com', port: 443, privateCidrs: ['10.9.9.0/24'] },
    ],
  },
  {
    port: LONG,
    hosts: [
      ...MANY.map((name) => ({ name, port: 443 })),
      { name: 'blocks.long.example.com', port: 443, privateCidrs: MANY_BLOCKS },
    ],
  },
];

let laboratory: Laboratory;
let proxy: Proxy;
let a: Workload;
let b: Workload;

beforeAll(async () => {
  laboratory = await Laboratory.open();
  const { zone, network } = laboratory;
  for (const name of ['api', 'second', 'rebind', 'plain', 'a.wild', 'b.wild', 'a.b.wild', 'undeclared'])
    zone.set(`${name}.example.com`, PUBLIC.api);
  zone.set('other.example.com', PUBLIC.other);
  zone.set('six.example.com', PUBLIC.six);
  zone.set('mixed.example.com', PUBLIC.api, PRIVATE.rfc1918);
  zone.set('loopback.example.com', '127.0.0.1', '::1');
  zone.set('mapped.example.com', `::ffff:${PRIVATE.rfc1918}`);
  zone.set('unspecified.example.com', '0.0.0.0', '::');
  zone.set('private-plain.example.com', PRIVATE.rfc1918);
  zone.set('down.example.com', '203.0.113.99');
  for (const name of MANY) zone.set(name, PUBLIC.other);
  zone.set('blocks.long.example.com', PRIVATE.rfc1918);
  for (const [name, address] of Object.entries(PRIVATE)) zone.set(`${name.toLowerCase()}.example.com`, address);

  proxy = laboratory.addProxy('proxy');
  a = laboratory.addWorkload('a');
  b = laboratory.addWorkload('b');
  network.allow(a.pod, proxy.pod, A);
  network.allow(b.pod, proxy.pod, B);
  network.allow(b.pod, proxy.pod, LONG);
  proxy.mount(proxyDocument(LISTS));
  await proxy.start();
}, 600_000);

afterAll(() => laboratory?.close());

const fromA = (order: TunnelOrder) => a.tunnel(proxy.at(A), order);
const fromB = (order: TunnelOrder) => b.tunnel(proxy.at(B), order);

describe('a tunnel', () => {
  it.each(['api', 'second', 'a.wild'])('to %s, which the list names, reaches the host itself', async (name) => {
    expect(await fromA({ target: `${name}.example.com:443` })).toEqual({
      status: 200,
      subject: 'real server',
      at: PUBLIC.api,
      serverName: `${name}.example.com`,
    });
  });

  it('goes over IPv6 too, and names count without case and final dot', async () => {
    expect(await fromA({ target: 'six.example.com:443' })).toMatchObject({ at: PUBLIC.six });
    expect(await fromA({ target: 'API.example.com.:443', serverName: 'api.EXAMPLE.com' })).toMatchObject({
      at: PUBLIC.api,
    });
  });

  it.each([
    ['a name of no list', 'undeclared.example.com:443'],
    ['a name of another list', 'other.example.com:443'],
    ['a name under a declared one', 'sub.api.example.com:443'],
    ['two labels for a wildcard', 'a.b.wild.example.com:443'],
    ['the name behind a wildcard', 'wild.example.com:443'],
    ['another port of a declared name', 'api.example.com:8443'],
    ['a host that is declared for plain HTTP', 'plain.example.com:8000'],
    ['an address', `${PUBLIC.api}:443`],
    ['an address whose owner claims a declared name', `${PUBLIC.other}:443`],
    ['an address of IPv6', `[${PUBLIC.six}]:443`],
    ['an address as one number', '3405803786:443'],
    ['loopback', '127.0.0.1:443'],
    ['the proxy itself', 'localhost:8080'],
  ])('to %s is refused: %s', async (_, target) => {
    expect(await fromA({ target, serverName: 'api.example.com' })).toEqual({ status: 403 });
    expect(laboratory.connectionsAt(PUBLIC.other)).toBe(0);
  });

  it.each([
    ['a name of no list', { serverName: 'evil.example.org' }],
    ['another name of the same list', { serverName: 'second.example.com' }],
    ['another name of the same wildcard', { target: 'a.wild.example.com:443', serverName: 'b.wild.example.com' }],
    ['a longer name', { serverName: 'api.example.com.evil.example.org' }],
    ['no name', { serverName: '' }],
  ])('is cut when the TLS server name is %s', async (_, order) => {
    const before = laboratory.connectionsAt(PUBLIC.api);
    expect(await fromA({ target: 'api.example.com:443', ...order })).toEqual({ status: 200, error: 'closed' });
    expect(laboratory.connectionsAt(PUBLIC.api)).toBe(before);
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n'],
    ['SSH', 'SSH-2.0-client\r\n'],
    ['nothing that is known', '\x00\x00\x00\x00'.repeat(20)],
    ['a second CONNECT', 'CONNECT second.example.com:443 HTTP/1.1\r\n\r\n'],
  ])('is cut when what is spoken is no TLS but %s', async (_, hello) => {
    const before = laboratory.connectionsAt(PUBLIC.api);
    expect(await fromA({ target: 'api.example.com:443', hello })).toEqual({ status: 200, error: 'closed' });
    expect(laboratory.connectionsAt(PUBLIC.api)).toBe(before);
  });

  it('reaches the host also with a hello that no library made', async () => {
    const hello = clientHello('api.example.com');
    const answer = await fromA({ target: 'api.example.com:443', hello });
    expect(answer).toEqual({ status: 200, got: expect.any(String) });
  });

  it.each([
    ['a space', 'api.example.com -'],
    ['a line end', 'api.example.com\n'],
    ['a carriage return', 'api.example.com\r\n'],
    ['a tab', 'api.example.com\t'],
    ['a percent sign', 'api.example.com%20'],
    ['the end of the question', 'api.example.com -\n'],
    ['nothing but a dash', '-'],
  ])('is cut when its server name holds %s', async (_, serverName) => {
    const before = laboratory.connectionsAt(PUBLIC.api);
    const hello = clientHello(serverName);
    expect(await fromA({ target: 'api.example.com:443', hello })).toEqual({ status: 200, error: 'closed' });
    expect(laboratory.connectionsAt(PUBLIC.api)).toBe(before);
  });

  it('is cut for a wrong server name also while another holds answers to the questions about it', async () => {
    const before = laboratory.connectionsAt(PUBLIC.api);
    const answers = Array.from({ length: 2_000 }, (_, channel) => `${channel} z z`);
    const injector = clientHello(['x', ...answers].join('\n'));
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const evil = clientHello(`evil${attempt}.example.org`);
      const [, result] = await Promise.all(
        [injector, evil].map((hello) => fromA({ target: 'api.example.com:443', hello })),
      );
      expect(result).toEqual({ status: 200, error: 'closed' });
    }
    expect(laboratory.connectionsAt(PUBLIC.api)).toBe(before);
  });

  it('to a host that cannot be reached fails, and no other may follow on its connection unseen', async () => {
    const before = laboratory.connectionsAt(PUBLIC.api);
    const next = 'CONNECT api.example.com:443 HTTP/1.1\r\n\r\n';
    expect(await fromA({ target: 'down.example.com:443', hello: 'tls', next })).toEqual({
      status: 200,
      error: 'closed',
    });
    expect(laboratory.connectionsAt(PUBLIC.api)).toBe(before);
  });

  it('is compared with its server name also after the process that does so was killed', async () => {
    await proxy.killHelper();
    expect(await fromA({ target: 'api.example.com:443', serverName: 'never.example.org' })).toEqual({
      status: 200,
      error: 'closed',
    });
    expect(await fromA({ target: 'a.wild.example.com:443' })).toMatchObject({ at: PUBLIC.api });
  });
});

describe('a declared name', () => {
  it.each([...Object.keys(PRIVATE).map((name) => name.toLowerCase()), 'loopback', 'mapped', 'unspecified'])(
    'is refused when it leads to a %s address',
    async (name) => {
      expect(await fromA({ target: `${name}.example.com:443` })).toEqual({ status: 403 });
    },
  );

  it('is refused when one of its addresses is private, and when it has none', async () => {
    expect(await fromA({ target: 'mixed.example.com:443' })).toEqual({ status: 403 });
    expect(await fromA({ target: 'nowhere.example.com:443' })).toEqual({ status: 403 });
  });

  it('may lead into the private blocks that are declared for it, and into no others', async () => {
    expect(await fromB({ target: 'rfc1918.example.com:443' })).toMatchObject({ at: PRIVATE.rfc1918 });
    expect(await fromB({ target: 'ula.example.com:443' })).toMatchObject({ at: PRIVATE.ula });
    expect(await fromB({ target: 'shared.example.com:443' })).toEqual({ status: 403 });
  });

  it('that comes to lead to a private address between CONNECT and TLS is cut', async () => {
    const before = laboratory.connectionsAt(PRIVATE.rfc1918);
    expect(await fromA({ target: 'rebind.example.com:443' })).toMatchObject({ at: PUBLIC.api });
    // Squid keeps an answer of the DNS for 10 s at least.
    const waiting = fromA({ target: 'rebind.example.com:443', waitMs: 12_000 });
    laboratory.zone.set('rebind.example.com', PRIVATE.rfc1918);
    expect(await waiting).toEqual({ status: 200, error: 'closed' });
    expect(await fromA({ target: 'rebind.example.com:443' })).toEqual({ status: 403 });
    expect(laboratory.connectionsAt(PRIVATE.rfc1918)).toBe(before);
  });
});

describe('a long list', () => {
  it.each([MANY[0], MANY[200], MANY[399]])('holds all of its names: %s', async (name) => {
    const target = `${name}:443`;
    expect(await b.tunnel(proxy.at(LONG), { target })).toMatchObject({ at: PUBLIC.other });
  });

  it('holds no other name, and all private blocks of a name', async () => {
    const tunnel = (name: string) => b.tunnel(proxy.at(LONG), { target: `${name}.long.example.com:443` });
    expect(await tunnel('host400')).toEqual({ status: 403 });
    expect(await tunnel('blocks')).toMatchObject({ at: PRIVATE.rfc1918 });
  });
});

describe('plain HTTP', () => {
  const request = (target: string, more = {}) => a.request(proxy.at(A), target, more);

  it('goes to hosts that are declared for it, without a word of who asked', async () => {
    const headers = {
      host: 'elsewhere.example.com',
      'x-forwarded-for': '10.1.2.3',
      'proxy-authorization': 'Basic eDp5',
    };
    const {
      status,
      body = '{}',
      headers: answered,
    } = await request('http://plain.example.com:8000/v1?q=1', { headers });
    const arrived = JSON.parse(body) as { url: string; headers: Record<string, string> };
    expect([status, arrived.url, arrived.headers.host]).toEqual([200, '/v1?q=1', 'plain.example.com:8000']);
    expect(Object.keys(arrived.headers).sort()).toEqual(['cache-control', 'connection', 'host']);
    expect(Object.keys(answered ?? {}).filter((name) => /^(via|x-cache)/.test(name))).toEqual([]);
  });

  it.each([
    ['another port', 'http://plain.example.com/'],
    ['an undeclared host', 'http://undeclared.example.com:8000/'],
    ['a host that is declared for TLS', 'http://api.example.com:443/'],
    ['TLS that the proxy would begin', 'https://api.example.com/'],
    ['another protocol', 'ftp://plain.example.com:8000/x'],
    ['a private address', 'http://private-plain.example.com:8000/'],
    ['an address', `http://${PUBLIC.api}:8000/`],
    ["the proxy's own pages", 'http://egress-proxy:10001/squid-internal-mgr/info'],
    ["the proxy's manager", 'cache_object://localhost/info'],
    ['the supervisor', 'http://localhost:8080/readyz'],
  ])('is refused to %s: %s', async (_, target) => {
    expect((await request(target)).status).toBe(403);
  });
});

describe('who may ask', () => {
  it('is decided by the port: a workload reaches that of its list and nothing else', async () => {
    expect(await fromB({ target: 'other.example.com:443' })).toMatchObject({ at: PUBLIC.other });
    expect(await a.connects(proxy.pod.address, A)).toBe(true);
    expect(await a.connects(proxy.pod.address, B)).toBe(false);
    expect(await a.connects(PUBLIC.api, 443)).toBe(false);
    expect(await a.connects(PRIVATE.rfc1918, 443)).toBe(false);
  });
});

describe('the certificate that Squid needs', () => {
  it.each<[string, Partial<TunnelOrder>]>([
    ['a refused name', { target: 'undeclared.example.com:443' }],
    ['a private name', { target: 'rfc1918.example.com:443' }],
    ['a wrong server name', { serverName: 'evil.example.org' }],
    ['no server name', { serverName: '' }],
    ['a host that is down', { target: 'down.example.com:443' }],
    ['no port', { target: 'api.example.com' }],
    ['port 0', { target: 'api.example.com:0' }],
    ['a port that is none', { target: 'api.example.com:99999' }],
    ['a body', { head: 'Content-Length: 5\r\n' }],
    ['an expectation', { head: 'Expect: 100-continue\r\n' }],
    ['no hops left', { head: 'Max-Forwards: 0\r\n' }],
    ['two lengths', { head: 'Content-Length: 5\r\nContent-Length: 6\r\n' }],
    ['a long header', { head: `X-Long: ${'x'.repeat(100_000)}\r\n` }],
  ])('is never presented: %s', async (_, order) => {
    const { subject = 'real server' } = await fromA({ target: 'api.example.com:443', ...order });
    expect(subject).toBe('real server');
  });
});

describe('the log', () => {
  it('says who asked for what, and how it ended', async () => {
    await fromB({ target: 'other.example.com:443' });
    const common = { event: 'egress', client: b.pod.address, listPort: B, host: 'other.example.com', hostPort: 443 };
    expect(await proxy.logged({ ...common, outcome: 'allowed' })).toMatchObject({ level: 'info' });
    expect(await proxy.logged({ ...common, outcome: 'ended' })).toMatchObject({ address: PUBLIC.other });
  });

  it.each([
    ['undeclared', { target: 'undeclared.example.com:443' }],
    ['unresolved', { target: 'nowhere.example.com:443' }],
    ['forbidden-address', { target: 'shared.example.com:443' }],
    ['server-name', { target: 'api.example.com:443', serverName: 'evil.example.org' }],
    ['not-tls', { target: 'api.example.com:443', hello: 'SSH-2.0-client\r\n' }],
  ])('says that a tunnel was refused because of %s', async (reason, order) => {
    await fromA(order);
    const [host] = order.target.split(':');
    const line = await proxy.logged({ event: 'egress', outcome: 'refused', reason, host });
    expect(line).toMatchObject({ level: 'warn', client: a.pod.address, listPort: A });
    expect(line.serverName).toBe('serverName' in order ? order.serverName : undefined);
  });

  it('holds no path, query, header or body', async () => {
    await a.request(proxy.at(A), 'http://plain.example.com:8000/secret-path?key=secret-query', {
      headers: { 'x-key': 'secret-header' },
    });
    await a.request(proxy.at(A), 'http://undeclared.example.com:8000/secret-path?key=secret-query');
    await proxy.logged({ method: 'GET', host: 'plain.example.com', outcome: 'allowed' });
    await proxy.logged({ method: 'GET', host: 'undeclared.example.com', outcome: 'refused' });
    expect(JSON.stringify(proxy.log)).not.toContain('secret-');
  });
});
