import type { ServerResponse } from 'node:http';
import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  answerJson,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  logLine,
  startAgent,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { messageOf, post, startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

/** Quick ones: the pod comes back as soon as it answers. */
const QUICK: GatewayDocumentInput['outlierDetection'] = {
  consecutiveFailures: 3,
  baseEjectionMs: 20,
  probe: { intervalMs: 10 },
};

/** As long as a test takes, a pod that is left out stays out. */
const LONG: GatewayDocumentInput['outlierDetection'] = { consecutiveFailures: 3, baseEjectionMs: 300_000 };

function start(
  pods: readonly TestServer[],
  outlierDetection: GatewayDocumentInput['outlierDetection'],
  more: Parameters<typeof agent>[1] = {},
): Promise<TestGateway> {
  return startTestGateway({
    document: documentOf({ agents: [agent('support', more)], routes: [byAgent('support')], outlierDetection }),
    hosts: { 'support-pods:8080': pods.map(({ address }) => address) },
    // Ties go to the first pod.
    sources: { random: () => 0 },
  });
}

const ask = (gateway: TestGateway) => gateway.invoke({ agent: 'support', input: 'hi' });

async function statuses(gateway: TestGateway, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const answer = await ask(gateway);
    await answer.text();
    all.push(answer.status);
  }
  return all;
}

/** A pod that answers `/invoke` as a test says, and `GET /readyz` with a status. */
async function podWith(answer: (response: ServerResponse) => void, health: { status: number } = { status: 200 }) {
  const probes: string[] = [];
  const pod = await startServer((request, response) => {
    if (request.method === 'POST') return answer(response);
    probes.push(request.url ?? '');
    response.writeHead(health.status).end();
  });
  const asked = () => pod.requests.length - probes.length;
  return { pod, probes, asked };
}

describe('a pod', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['answers 500 in JSON', (response) => answerJson(response, 500, { code: 'internal-error' })],
    ['answers 502 with something else', (response) => void response.writeHead(502).end('<html>')],
    ['breaks connections off', (response) => void response.destroy()],
    ['sends no HTTP', (response) => void response.socket?.end('hello\r\n\r\n')],
    [
      'breaks off a stream',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: turn-started\ndata: {}\n\n', () => response.destroy());
      },
    ],
  ])('that %s three times in a row is left out, and the others serve on', async (_case, answer) => {
    const [{ pod, asked }, good] = [await podWith(answer), await startAgent('support')];
    const gateway = await start([pod, good], LONG);
    await statuses(gateway, 3);
    expect(await logLine(gateway, 'pod-ejected')).toMatchObject({
      service: 'support-pods',
      pod: `http://${pod.address}`,
      reason: 'failing',
    });
    expect(await statuses(gateway, 5)).toEqual([200, 200, 200, 200, 200]);
    expect([asked(), good.requests.length]).toEqual([3, 5]);
    expect(gateway.metrics.gauges.map(({ name, value }) => [name, value()])).toContainEqual([
      'agentyard_pods_ejected',
      1,
    ]);
    const counts = gateway.metrics.eventCounts.find(({ name }) => name === 'agentyard_pod_ejections_total');
    expect(counts?.values).toEqual(
      new Map([
        ['unreachable', 0],
        ['failing', 1],
      ]),
    );
  });

  it('that does not answer in time is left out', async () => {
    const [{ pod }, good] = [await podWith(() => undefined), await startAgent('support')];
    const gateway = await start([pod, good], { ...LONG, consecutiveFailures: 1 }, { timeoutMs: 200 });
    expect(await statuses(gateway, 3)).toEqual([504, 200, 200]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['tells that the model’s provider failed', (response) => answerJson(response, 502, { code: 'model-failed' })],
    [
      'turns requests away for a while',
      (response) => {
        response.setHeader('retry-after', '1');
        answerJson(response, 503, { code: 'runtime-ending' });
      },
    ],
    ['refuses what clients send', (response) => answerJson(response, 400, { code: 'request-invalid' })],
    ['answers what is not JSON', (response) => void response.end('<html>')],
  ])('that %s is not at fault', async (_case, answer) => {
    const [{ pod, asked }, good] = [await podWith(answer), await startAgent('support')];
    const gateway = await start([pod, good], { ...LONG, consecutiveFailures: 1 });
    await statuses(gateway, 4);
    expect([asked(), good.requests.length]).toEqual([4, 0]);
  });

  it('is not at fault when its client leaves', async () => {
    const { pod } = await podWith(() => undefined);
    const gateway = await start([pod, await startAgent('support')], { ...LONG, consecutiveFailures: 1 });
    const leaving = new AbortController();
    const body = JSON.stringify({ agent: 'support', input: 'hi' });
    const headers = { 'content-type': 'application/json' };
    const asked = fetch(`${gateway.url}/v1/invoke`, { method: 'POST', headers, body, signal: leaving.signal });
    await eventually(() => pod.requests.length === 1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    expect(await logLine(gateway, 'request')).toMatchObject({ aborted: true });
    expect(gateway.logs.some(({ event }) => event === 'pod-ejected')).toBe(false);
  });

  it('that is alone serves on, however often it fails', async () => {
    const { pod, asked } = await podWith((response) => answerJson(response, 500, { code: 'internal-error' }));
    const gateway = await start([pod], LONG);
    expect(await statuses(gateway, 6)).toEqual([500, 500, 500, 500, 500, 500]);
    expect(asked()).toBe(6);
  });

  it('comes back when it answers its probe', async () => {
    const health = { status: 503 };
    let isBroken = true;
    const { pod, probes, asked } = await podWith(
      (response) => answerJson(response, isBroken ? 500 : 200, isBroken ? { code: 'internal-error' } : {}),
      health,
    );
    const gateway = await start([pod, await startAgent('support')], {
      ...QUICK,
      probe: { intervalMs: 10, path: '/up' },
    });
    await statuses(gateway, 3);
    await eventually(() => probes.length >= 3);
    expect(gateway.logs.some(({ event }) => event === 'pod-returned')).toBe(false);
    isBroken = false;
    health.status = 404;
    expect(await logLine(gateway, 'pod-returned')).toMatchObject({ pod: `http://${pod.address}`, answers: true });
    expect(await statuses(gateway, 1)).toEqual([200]);
    expect(asked()).toBe(4);
    expect(new Set(probes)).toEqual(new Set(['/up']));
  });

  it('that was replaced at its address comes back as soon as the new one answers', async () => {
    const first = await startAgent('support');
    const other = await startAgent('support');
    const gateway = await start([first, other], { ...LONG, consecutiveFailures: 1, probe: { intervalMs: 10 } });
    await first.close();
    expect(await statuses(gateway, 1)).toEqual([200]);
    expect(await logLine(gateway, 'pod-ejected')).toMatchObject({ reason: 'unreachable' });
    await startAgent('support', '127.0.0.1', first.port);
    expect(await logLine(gateway, 'pod-returned')).toMatchObject({ pod: `http://${first.address}` });
  });

  it('is judged by the document in force', async () => {
    const { pod } = await podWith((response) => answerJson(response, 500, { code: 'internal-error' }));
    const pods = [pod, await startAgent('support')];
    const gateway = await start(pods, LONG);
    await gateway.writeDocument(
      documentOf({
        agents: [agent('support')],
        routes: [byAgent('support')],
        outlierDetection: { consecutiveFailures: 1 },
      }),
    );
    await logLine(gateway, 'reloaded');
    expect(await statuses(gateway, 2)).toEqual([500, 200]);
  });
});

it('leaves a pod of a toolset out that answers calls with server errors', async () => {
  const broken = await podWith((response) => answerJson(response, 500, {}));
  const sound = await startToolset('logs');
  const gateway = await startTestGateway({
    document: documentOf({ toolsets: [toolset('logs', ['echo'])], outlierDetection: LONG }),
    hosts: { 'logs-pods:8080': [broken.pod.address, sound.address] },
    // Ties go to the first pod.
    sources: { random: () => 0 },
  });
  const call = async (): Promise<unknown> => {
    const answer = await post(gateway, 'modern', 'tools/call', { name: 'echo', arguments: { text: 'hi' } });
    const { result } = (await messageOf(answer)) as { result: { isError?: boolean } };
    return result.isError ?? false;
  };
  expect([await call(), await call(), await call(), await call()]).toEqual([true, true, true, false]);
  expect(await logLine(gateway, 'pod-ejected')).toMatchObject({ reason: 'failing' });
});
