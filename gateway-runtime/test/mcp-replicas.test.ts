import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { McpServer } from '@modelcontextprotocol/server';
import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  cleanUp,
  documentOf,
  eventually,
  freePort,
  onCleanUp,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from './fixture';
import {
  connectTo,
  got,
  serverOf,
  startEverything,
  startForeign,
  textOf,
  type ServerInput,
} from './mcp-server-fixture';
import { startOtlpReceiver } from '../../runtime-kit/test/otlp-receiver';
import type { Era } from './toolset-fixture';

afterEach(cleanUp);

const ERAS: readonly Era[] = ['modern', 'legacy'];
const COMBINATIONS = ERAS.flatMap((era) => ERAS.map((serverEra) => [era, serverEra] as const));

interface Replicas {
  readonly url: string;
  readonly gateways: readonly TestGateway[];
  readonly peers: readonly string[];
  /** What each was started with. */
  readonly startedWith: readonly TestGatewayOptions[];
}

/** Sends each request to the next of several origins; one that takes no connection is left out. */
async function roundRobin(urls: readonly string[]): Promise<string> {
  let turn = 0;
  const proxy = createServer((request, response) => {
    const target = urls[turn++ % urls.length] ?? '';
    const { method, headers, url } = request;
    const onward = httpRequest(`${target}${url}`, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

async function startReplicas(
  servers: readonly ServerInput[],
  tracing?: GatewayDocumentInput['tracing'],
): Promise<Replicas> {
  const ports = [await freePort(), await freePort()];
  const peers = ports.map((port) => `127.0.0.1:${port}`);
  const document = documentOf({ mcpServers: [...servers], tracing, peers: { host: 'gateway-peers', port: 9_300 } });
  const startedWith = ports.map((peerPort) => ({ document, peerPort, hosts: { 'gateway-peers:9300': peers } }));
  const gateways = await Promise.all(startedWith.map(startTestGateway));
  return { url: await roundRobin(gateways.map(({ url }) => url)), gateways, peers, startedWith };
}

/** Headers and body of a request of the legacy era. */
const legacy = (session: string | undefined, message: object) => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(session !== undefined && { 'mcp-session-id': session }),
  },
  body: JSON.stringify({ jsonrpc: '2.0', ...message }),
});

const INITIALIZE = {
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

describe.each(COMBINATIONS)(
  'two replicas in turn, a client of the %s era and a server of the %s era',
  (era, serverEra) => {
    it('pass on calls, questions and answers', async () => {
      const server = await startEverything({ only: serverEra });
      const { url } = await startReplicas([serverOf('a', server.url)]);
      const { client } = await connectTo(url, {
        era,
        capabilities: { elicitation: {}, sampling: {} },
        prepare: (each) => {
          each.setRequestHandler('elicitation/create', () => ({
            action: 'accept',
            content: { name: 'Ada', color: 'blue' },
          }));
        },
      });
      for (let i = 0; i < 4; i += 1) {
        expect((await client.listTools()).tools.length).toBeGreaterThan(5);
        const call = async (name: string) => textOf(await client.callTool({ name, arguments: {} }));
        expect(await call('test_simple_text')).toContain('simple text');
        expect(await call('test_input_required_result_elicitation')).toBe('Hello, Ada!');
        expect(await call('test_input_required_result_multi_round')).toBe('Ada likes blue.');
      }
    });

    it('cancel a call at whichever replica it is', async () => {
      let cancelled = 0;
      const server = await startForeign('a', serverEra, (each: McpServer) => {
        each.registerTool('slow', {}, async ({ mcpReq: { signal } }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          cancelled += 1;
          return { content: [] };
        });
      });
      const { url } = await startReplicas([serverOf('a', server.url)]);
      const { client } = await connectTo(url, { era });
      for (let i = 1; i <= 2; i += 1) {
        const left = new AbortController();
        const call = client.callTool({ name: 'slow', arguments: {} }, { signal: left.signal });
        await eventually(() => got(server, 'tools/call').length === i);
        left.abort();
        await expect(call).rejects.toThrow();
        await eventually(() => cancelled === i);
      }
    });

    it('tell of what changes', async () => {
      const server = await startEverything({ only: serverEra });
      const { url } = await startReplicas([serverOf('a', server.url)]);
      const heard: string[] = [];
      const { client } = await connectTo(url, {
        era,
        prepare: (each) => {
          each.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
        },
      });
      const watched = 'test://watched-resource';
      if (era === 'modern') await client.listen({ resourceSubscriptions: [watched] });
      else await client.subscribeResource({ uri: watched });
      await eventually(async () => {
        await client.callTool({ name: 'test_trigger_resource_change', arguments: {} });
        return heard.length > 0;
      });
      expect(new Set(heard)).toEqual(new Set([watched]));
      if (era === 'legacy') await client.unsubscribeResource({ uri: watched });
    });
  },
);

describe('a session at two replicas', () => {
  it('is resumed, gets its level and ends at any of them', async () => {
    const server = await startEverything({ only: 'legacy' });
    const { url, gateways } = await startReplicas([serverOf('a', server.url)]);
    const logged: string[] = [];
    const { client, transport } = await connectTo(url, {
      era: 'legacy',
      prepare: (each) =>
        each.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.level)),
    });
    for (let i = 0; i < 2; i += 1) {
      expect(textOf(await client.callTool({ name: 'test_reconnection', arguments: {} }))).toBe(
        'The client has come back.',
      );
    }
    await client.setLoggingLevel('error');
    for (let i = 0; i < 2; i += 1) await client.callTool({ name: 'test_logging_tool', arguments: {} });
    expect(logged).toEqual([]);
    const session = transport.sessionId;
    await transport.terminateSession();
    for (const gateway of gateways) {
      await eventually(async () => {
        const answer = await fetch(`${gateway.url}/mcp`, legacy(session, { id: 1, method: 'ping' }));
        await answer.text();
        return answer.status === 404;
      });
    }
  });

  it('is over for its stream when its replica is gone, and goes on for calls', async () => {
    const server = await startEverything({ only: 'legacy' });
    const { gateways } = await startReplicas([serverOf('a', server.url)]);
    const [home, other] = gateways as [TestGateway, TestGateway];
    const begun = await fetch(`${home.url}/mcp`, legacy(undefined, INITIALIZE));
    const session = begun.headers.get('mcp-session-id') ?? '';
    await home.close();
    const stream = await fetch(`${other.url}/mcp`, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': session },
    });
    expect(stream.status).toBe(404);
    const call = { id: 1, method: 'tools/call', params: { name: 'test_simple_text', arguments: {} } };
    expect((await fetch(`${other.url}/mcp`, legacy(session, call))).status).toBe(200);
    const { client } = await connectTo(other.url, { era: 'legacy' });
    expect(textOf(await client.callTool({ name: 'test_simple_text', arguments: {} }))).toContain('simple text');
  });

  it('cannot subscribe at a replica that has not its stream', async () => {
    const server = await startEverything({ only: 'modern' });
    const { gateways } = await startReplicas([serverOf('a', server.url)]);
    const [home, other] = gateways as [TestGateway, TestGateway];
    const session = (await fetch(`${home.url}/mcp`, legacy(undefined, INITIALIZE))).headers.get('mcp-session-id') ?? '';
    await home.close();
    const subscribe = { id: 1, method: 'resources/subscribe', params: { uri: 'test://watched-resource' } };
    expect((await fetch(`${other.url}/mcp`, legacy(session, subscribe))).status).toBe(404);
  });
});

it('a level and an end count at all replicas as soon as they are answered', async () => {
  const server = await startEverything({ only: 'modern' });
  const { gateways } = await startReplicas([serverOf('a', server.url)]);
  const [home, other] = gateways as [TestGateway, TestGateway];
  const session = (await fetch(`${home.url}/mcp`, legacy(undefined, INITIALIZE))).headers.get('mcp-session-id') ?? '';
  const ask = async ({ url }: TestGateway, message: object) =>
    (await fetch(`${url}/mcp`, legacy(session, message))).text();
  const call = { id: 2, method: 'tools/call', params: { name: 'test_logging_tool', arguments: {} } };
  for (const level of ['debug', 'error', 'debug', 'error']) {
    await ask(home, { id: 1, method: 'logging/setLevel', params: { level } });
    expect((await ask(other, call)).includes('notifications/message')).toBe(level === 'debug');
  }
  await fetch(`${home.url}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': session } });
  expect((await fetch(`${other.url}/mcp`, legacy(session, call))).status).toBe(404);
});

it('a stream that is passed on ends with the replica that holds it, which is no fault of the one that passes it on', async () => {
  const server = await startEverything({ only: 'modern' });
  const { gateways } = await startReplicas([serverOf('a', server.url)]);
  const [home, other] = gateways as [TestGateway, TestGateway];
  const session = (await fetch(`${home.url}/mcp`, legacy(undefined, INITIALIZE))).headers.get('mcp-session-id') ?? '';
  const headers = { accept: 'text/event-stream', 'mcp-session-id': session };
  const stream = await fetch(`${other.url}/mcp`, { headers });
  expect(stream.status).toBe(200);
  const end = stream.text().catch(() => 'cut');
  await home.close();
  expect(await end).not.toContain('data:');
  await eventually(() => other.logs.find(({ event, method }) => event === 'request' && method === 'session/stream'));
  expect(other.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

it('a replica that is started anew at the same address has nothing of the one before', async () => {
  const server = await startEverything({ only: 'modern' });
  const { gateways, startedWith } = await startReplicas([serverOf('a', server.url)]);
  const [home] = gateways as [TestGateway];
  const session = (await fetch(`${home.url}/mcp`, legacy(undefined, INITIALIZE))).headers.get('mcp-session-id') ?? '';
  await home.close();
  const anew = await startTestGateway(startedWith[0] as TestGatewayOptions);
  const headers = { accept: 'text/event-stream', 'mcp-session-id': session };
  for (const { url } of [anew, gateways[1] as TestGateway]) {
    expect((await fetch(`${url}/mcp`, { headers })).status).toBe(404);
    const subscribe = { id: 1, method: 'resources/subscribe', params: { uri: 'test://watched-resource' } };
    expect((await fetch(`${url}/mcp`, legacy(session, subscribe))).status).toBe(404);
    expect((await fetch(`${url}/mcp`, legacy(session, { id: 1, method: 'ping' }))).status).toBe(200);
  }
});

it('what no replica has sealed is refused by the others', async () => {
  const server = await startEverything({ only: 'legacy' });
  const { peers } = await startReplicas([serverOf('a', server.url)]);
  for (const path of ['/v1/peer/note', '/v1/peer/exchange']) {
    for (const body of ['', 'AAAA', '{"kind":"end","session":"x"}', 'A'.repeat(200)]) {
      const answer = await fetch(`http://${peers[0]}${path}`, { method: 'POST', body });
      expect(answer.status).toBe(403);
    }
  }
});

it('a trace goes on in the replica that answers for another one', async () => {
  const collector = await startOtlpReceiver();
  const server = await startEverything({ only: 'legacy' });
  const tracing = { endpoint: collector.endpoint, samplingRatio: 1 };
  const { url, gateways } = await startReplicas([serverOf('a', server.url)], tracing);
  const { client } = await connectTo(url, {
    era: 'modern',
    capabilities: { elicitation: {} },
    prepare: (each) => {
      each.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
    },
  });
  for (let i = 0; i < 3; i += 1) {
    await client.callTool({ name: 'test_input_required_result_elicitation', arguments: {} });
    await client.listTools();
  }
  for (const gateway of gateways) await gateway.close();
  const served = new Map(collector.spans.filter(({ kind }) => kind === 2).map((span) => [span.spanId, span]));
  const passedOn = [...served.values()].filter(({ parentSpanId }) => served.has(parentSpanId));
  expect(passedOn.length).toBeGreaterThan(0);
  for (const { traceId, parentSpanId, name } of passedOn) {
    expect(served.get(parentSpanId)).toMatchObject({ traceId });
    expect(name).toBe('tools/call test_input_required_result_elicitation');
  }
});
