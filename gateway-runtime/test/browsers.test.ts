import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startTestGateway,
  type TestGatewayOptions,
} from './fixture';
import { requestOf, sendRaw } from './raw-connection';

afterEach(cleanUp);

const APP = 'https://app.example.com';
const key = apiKey('alice0001');

async function startDoor(document: Partial<TestGatewayOptions['document']> = {}) {
  const server = await startAgent('support');
  const gateway = await startTestGateway({
    document: documentOf({
      auth: { ...API_KEYS, resource: { url: 'https://mcp.example.com' } } as typeof API_KEYS,
      allowedOrigins: [APP, 'http://localhost:3000'],
      agents: [agent('support')],
      routes: [byAgent('support')],
      ...document,
    }),
    hosts: { 'support-pods:8080': [server.address] },
    keys: { alice: key.file },
  });
  const ask = (path: string, init: RequestInit = {}) => fetch(gateway.url + path, init);
  const preflight = (path: string, headers: Record<string, string>) =>
    ask(path, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', ...headers } });
  return { gateway, server, ask, preflight };
}

const list = (answer: Response, header: string) => (answer.headers.get(header) ?? '').split(', ').filter(Boolean);
const METADATA = '/.well-known/oauth-protected-resource';

describe('CORS', () => {
  it.each([
    ['/v1/invoke', ['POST']],
    ['/a2a/support', ['POST']],
    ['/a2a/support/.well-known/agent-card.json', ['GET']],
    ['/mcp', ['POST', 'GET', 'DELETE']],
    [METADATA, ['GET']],
  ])('answers the preflight of a declared origin without credentials: %s', async (path, methods) => {
    const { preflight } = await startDoor();
    const asked = [
      'Authorization',
      'content-type',
      'a2a-version',
      'mcp-session-id',
      'mcp-protocol-version',
      'mcp-method',
      'mcp-name',
    ];
    const more = ['last-event-id', 'mcp-param-city', 'x-evil', 'cookie', 'mcp-param-', 'mcp-param-a b'];
    const answer = await preflight(path, {
      origin: APP,
      'access-control-request-headers': [...asked, ...more].join(','),
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(list(answer, 'access-control-allow-methods')).toEqual(methods);
    expect(list(answer, 'access-control-allow-headers')).toEqual([
      ...asked.map((name) => name.toLowerCase()),
      'last-event-id',
      'mcp-param-city',
    ]);
    expect(list(answer, 'vary')).toContain('Origin');
  });

  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com'])(
    'tells %s nothing, and lets it do nothing',
    async (origin) => {
      const { preflight, ask, server } = await startDoor();
      for (const path of ['/v1/invoke', '/mcp', METADATA]) {
        const answer = await preflight(path, { origin, 'access-control-request-headers': 'authorization' });
        expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'origin-refused' }]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
        expect(answer.headers.get('access-control-allow-headers')).toBeNull();
      }
      const headers = { origin, 'content-type': 'application/json', 'x-api-key': key.key };
      const answer = await ask('/v1/invoke', { method: 'POST', headers, body: '{"agent":"support","input":"hi"}' });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(server.requests).toEqual([]);
    },
  );

  it('lets pages of a declared origin call, and read answers, refusals and what is told in headers', async () => {
    const { ask } = await startDoor();
    const headers = { origin: APP, 'content-type': 'application/json' };
    const body = '{"agent":"support","input":"hi"}';
    const answers = [
      await ask('/v1/invoke', { method: 'POST', headers: { ...headers, 'x-api-key': key.key }, body }),
      await ask('/v1/invoke', { method: 'POST', headers, body }),
      await ask('/mcp', { method: 'POST', headers, body: '{}' }),
      await ask(METADATA, { headers }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 200]);
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
      expect(list(answer, 'access-control-expose-headers')).toEqual(
        expect.arrayContaining(['Mcp-Session-Id', 'WWW-Authenticate', 'X-Request-Id', 'Retry-After', 'RateLimit']),
      );
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  it('is not spoken where no origin is declared', async () => {
    const { preflight, ask } = await startDoor({ allowedOrigins: [] });
    expect((await preflight('/v1/invoke', { origin: APP })).status).toBe(405);
    const answer = await ask(METADATA, { headers: { origin: APP } });
    expect([answer.headers.get('vary'), answer.headers.get('access-control-allow-origin')]).toEqual([null, null]);
  });

  it('follows the document', async () => {
    const { gateway, preflight } = await startDoor();
    const document = documentOf({ auth: API_KEYS, allowedOrigins: ['https://other.example'] });
    await gateway.writeDocument(document);
    await eventually(async () => (await preflight('/mcp', { origin: 'https://other.example' })).status === 204);
    expect((await preflight('/mcp', { origin: APP })).status).toBe(403);
  });
});

describe('Host', () => {
  const BODY = '{"agent":"support","input":"hi"}';
  const statusFor = async (url: string, host: string) => {
    const headers = [
      `host: ${host}`,
      'content-type: application/json',
      `x-api-key: ${key.key}`,
      `content-length: ${BODY.length}`,
    ];
    return (await sendRaw(url, requestOf('/v1/invoke', headers, BODY))).status;
  };

  it.each([
    'localhost',
    'localhost:8080',
    '127.0.0.1',
    '127.9.9.9:1',
    '[::1]:8080',
    'mcp.example.com',
    'gw.agents.svc',
  ])('a gateway on loopback is called %s', async (host) => {
    const { gateway } = await startDoor({ hosts: ['gw.agents.svc'] });
    expect(await statusFor(gateway.url, host)).toBe(200);
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '169.254.169.254',
    'gw.agents.svc.evil.example',
    'gw',
    '',
  ])('a gateway on loopback is not called "%s"', async (host) => {
    const { gateway, server } = await startDoor({ hosts: ['gw.agents.svc'] });
    expect(await statusFor(gateway.url, host)).toBe(421);
    expect(server.requests).toEqual([]);
    expect(gateway.logs.find(({ event }) => event === 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'host-refused',
    });
  });

  it('in a cluster it is called by its addresses, its names and that of its URL, and health probes by any', async () => {
    const server = await startAgent('support');
    const gateway = await startTestGateway({
      document: documentOf({
        auth: { ...API_KEYS, resource: { url: 'https://mcp.example.com' } } as typeof API_KEYS,
        hosts: ['gw.agents.svc', 'gw.agents.svc.cluster.local'],
        agents: [agent('support', { port: server.port })],
        routes: [byAgent('support')],
      }),
      keys: { alice: key.file },
      cluster: true,
      sources: { lookup: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) },
    });
    const own = [
      '10.42.0.7:8080',
      '[fd00::7]',
      'gw.agents.svc:8080',
      'GW.agents.svc.cluster.local.',
      'mcp.example.com',
    ];
    for (const host of own) expect([host, await statusFor(gateway.url, host)]).toEqual([host, 200]);
    for (const host of ['gw', 'other.example.com', 'gw.agents.svc.other.example']) {
      expect([host, await statusFor(gateway.url, host)]).toEqual([host, 421]);
    }
    const probe = await sendRaw(gateway.url, 'GET /readyz HTTP/1.1\r\nhost: whatever.example\r\n\r\n');
    expect(probe.status).toBe(200);
  });
});

describe('trusted proxies', () => {
  const clientOf = async (trustedProxies: TestGatewayOptions['document']['trustedProxies']) => {
    const { gateway, ask } = await startDoor({ trustedProxies });
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', forwarded: 'for=192.0.2.66' };
    await ask('/v1/invoke', { method: 'POST', headers });
    return gateway.logs.filter(({ type }) => type === 'audit').map(({ client_ip: client }) => client);
  };

  it.each([
    ['nobody is trusted', undefined, '127.0.0.1'],
    ['others are', { cidrs: ['10.0.0.0/8'] }, '127.0.0.1'],
    ['the peer is', { cidrs: ['127.0.0.0/8'] }, '203.0.113.7'],
    ['the peer is, by the other header', { cidrs: ['127.0.0.1/32'], header: 'forwarded' as const }, '192.0.2.66'],
  ])('who the client is when %s', async (_case, trustedProxies, expected) => {
    const clients = await clientOf(trustedProxies);
    expect(clients.length).toBeGreaterThan(0);
    expect(new Set(clients)).toEqual(new Set([expected]));
  });
});
