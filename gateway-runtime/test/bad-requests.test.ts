import { request } from 'node:http';
import { agent, byAgent, cleanUp, documentOf, startAgent, startTestGateway, type TestGateway } from './fixture';

afterEach(cleanUp);

async function gatewayBeforeSupport(maxBodyBytes = 1_000) {
  const server = await startAgent('support');
  const document = documentOf({ maxBodyBytes, agents: [agent('support')], routes: [byAgent('support')] });
  const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] } });
  return { gateway, server };
}

/** Sends without the checks that fetch makes. */
async function send(
  gateway: TestGateway,
  options: { method: string; path: string; headers?: Record<string, string>; chunks?: readonly string[] },
): Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(gateway.url);
    const sent = request(
      { port, host: '127.0.0.1', method: options.method, path: options.path, headers: options.headers },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
      },
    );
    sent.on('error', reject);
    for (const chunk of options.chunks ?? []) sent.write(chunk);
    sent.end();
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad requests', () => {
  it('names every fault of a body by its path', async () => {
    const { gateway, server } = await gatewayBeforeSupport();
    const answer = await gateway.invoke({
      agent: 'support',
      input: '',
      stream: true,
      history: [{ role: 'system', content: 'x' }],
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await answer.json()) as { code: string; faults: { path: string }[] };
    expect(problem.code).toBe('request-invalid');
    expect(problem.faults.map(({ path }) => path).sort()).toEqual(['$.history[0].role', '$.input', '$.stream']);
    expect(server.requests).toEqual([]);
  });

  it('asks for an agent or an intent', async () => {
    const { gateway } = await gatewayBeforeSupport();
    expect(await (await gateway.invoke({ input: 'hi' })).json()).toMatchObject({
      code: 'request-invalid',
      faults: [{ path: '$', message: 'give "agent" or "intent"' }],
    });
  });

  it.each(['{"agent":', '', '\u0000'])('answers 400 for %j, which is no JSON', async (body) => {
    const { gateway } = await gatewayBeforeSupport();
    const answer = await gateway.invoke(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'request-malformed' });
  });

  it('answers 415 for another media type', async () => {
    const { gateway } = await gatewayBeforeSupport();
    const answer = await gateway.invoke({ agent: 'support', input: 'hi' }, { 'content-type': 'text/plain' });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'media-type-unsupported' });
  });

  it('answers 413 for a body that is too large by its declared length, before it is sent', async () => {
    const { gateway, server } = await gatewayBeforeSupport();
    const answer = await send(gateway, {
      method: 'POST',
      path: '/v1/invoke',
      headers: { ...JSON_TYPE, 'content-length': '1001', expect: '100-continue' },
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'request-too-large' });
    expect(server.requests).toEqual([]);
  });

  it('answers 413 for a chunked body that grows too large, on both paths', async () => {
    const { gateway, server } = await gatewayBeforeSupport();
    for (const path of ['/v1/invoke', '/mcp']) {
      const chunks = ['{"agent":"support","input":"', 'x'.repeat(600), 'x'.repeat(600), '"}'];
      const answer = await send(gateway, { method: 'POST', path, headers: JSON_TYPE, chunks });
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'request-too-large' });
    }
    expect(server.requests).toEqual([]);
  });

  it('answers 404 for an unknown path and 405 with the allowed method for another method', async () => {
    const { gateway } = await gatewayBeforeSupport();
    const unknown = await send(gateway, { method: 'GET', path: '/agents' });
    expect([unknown.status, JSON.parse(unknown.body)]).toMatchObject([404, { code: 'path-unknown' }]);
    const wrong = await send(gateway, { method: 'GET', path: '/v1/invoke' });
    expect([wrong.status, wrong.headers.allow, JSON.parse(wrong.body)]).toMatchObject([
      405,
      'POST',
      { code: 'method-not-allowed' },
    ]);
  });

  it('goes on after a request target that is no path', async () => {
    const { gateway } = await gatewayBeforeSupport();
    expect((await send(gateway, { method: 'GET', path: '//' })).status).toBe(404);
    expect((await gateway.invoke({ agent: 'support', input: 'hi' })).status).toBe(200);
  });

  describe('Origin', () => {
    const body = JSON.stringify({ agent: 'support', input: 'hi' });
    const post = (gateway: TestGateway, headers: Record<string, string>, path = '/v1/invoke') =>
      send(gateway, { method: 'POST', path, headers: { ...JSON_TYPE, ...headers }, chunks: [body] });

    it.each(['https://evil.example', 'null', 'file://', 'http://localhost.evil.example'])(
      'refuses %s on both paths',
      async (origin) => {
        const { gateway, server } = await gatewayBeforeSupport();
        for (const path of ['/v1/invoke', '/mcp']) {
          const answer = await post(gateway, { origin }, path);
          expect([answer.status, JSON.parse(answer.body)]).toMatchObject([403, { code: 'origin-refused' }]);
        }
        expect(server.requests).toEqual([]);
      },
    );

    it('refuses a name that was rebound to loopback, although it is the Host too', async () => {
      const { gateway } = await gatewayBeforeSupport();
      expect((await post(gateway, { origin: 'http://evil.example', host: 'evil.example' })).status).toBe(421);
    });

    it.each(['http://localhost:3000', 'http://127.0.0.1:9', 'http://[::1]:5173'])(
      'lets %s call a gateway on loopback',
      async (origin) => {
        const { gateway } = await gatewayBeforeSupport();
        expect((await post(gateway, { origin })).status).toBe(200);
      },
    );

    it('lets pages of its own host call it in a cluster, and no other ones', async () => {
      const server = await startAgent('support');
      const document = documentOf({
        hosts: ['gw.example.com'],
        agents: [agent('support', { port: server.port })],
        routes: [byAgent('support')],
      });
      const lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
      const gateway = await startTestGateway({ document, cluster: true, sources: { lookup } });
      expect((await post(gateway, { origin: 'https://gw.example.com', host: 'gw.example.com:443' })).status).toBe(200);
      expect((await post(gateway, { origin: 'https://gw.example.com:8443', host: 'gw.example.com' })).status).toBe(403);
      expect((await post(gateway, { origin: 'https://example.com', host: 'gw.example.com' })).status).toBe(403);
    });
  });
});
