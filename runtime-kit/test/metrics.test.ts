import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gatewayDocument } from 'agentyard/contract';
import { HttpProblem, sendJson, startRuntime, type Metrics, type Routes, type RuntimeParts } from '../src';
import { cleanUp, eventually, gatewayDocumentOf, onCleanUp, send, temporaryDirectory } from './fixture';

const environment = { ...process.env };

afterEach(async () => {
  process.env = { ...environment };
  await cleanUp();
});

/** A local runtime, and where its metrics are if they are served. */
async function start(
  make: (metrics: Metrics) => RuntimeParts,
  listen: Readonly<Record<string, number>> = { port: 8080, metricsPort: 9464 },
) {
  const directory = await temporaryDirectory();
  const file = (name: string) => path.join(directory, name);
  await writeFile(file('hosts.json'), '{}');
  await writeFile(file('gateway.json'), JSON.stringify(gatewayDocumentOf({ listen })));
  const overlay = { listen: { host: '127.0.0.1', port: 0 }, mounts: {}, hostsFile: file('hosts.json') };
  await writeFile(file('overlay.json'), JSON.stringify(overlay));
  const variables = { AGENTYARD_DOCUMENT: file('gateway.json'), AGENTYARD_LOCAL: file('overlay.json') };
  Object.assign(process.env, variables, { LOG_LEVEL: 'silent' });
  const runtime = await startRuntime('gateway', gatewayDocument, ({ metrics }) => make(metrics));
  onCleanUp(() => runtime.shutdown('test'));
  const scrape = async (): Promise<string> => (await send(runtime.metricsPort ?? 0, { path: '/metrics' })).body;
  /** The value of a sample, by its name with its labels. */
  const sample = async (name: string): Promise<number | undefined> => {
    const line = (await scrape()).split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  };
  return { runtime, scrape, sample };
}

const answering = (routes: Routes) => () => ({ routes });

describe('the metrics of a runtime', () => {
  it('count requests in flight, a stream until its end, and no probes', async () => {
    const ends: (() => void)[] = [];
    const { runtime, sample } = await start(
      answering({
        '/held': { GET: (_request, response) => void ends.push(() => sendJson(response, 200, {})) },
        '/stream': {
          GET: (_request, response) => {
            response.write('first');
            ends.push(() => response.end());
          },
        },
      }),
    );
    const answers = [send(runtime.port, { path: '/held' }), send(runtime.port, { path: '/stream' })];
    await eventually(() => ends.length === 2);
    await send(runtime.port, { path: '/readyz' });
    expect(await sample('agentyard_requests_in_flight')).toBe(2);
    expect(await sample('agentyard_requests_queued')).toBe(0);
    expect(await sample('agentyard_requests')).toBe(2);
    for (const end of ends) end();
    await Promise.all(answers);
    await eventually(async () => (await sample('agentyard_requests')) === 0);
    expect(await sample('agentyard_requests_total{outcome="ok"}')).toBe(2);
  });

  it('count how requests ended, also that of a stream that ended with a problem', async () => {
    const fail = (code: 'auth-missing' | 'model-failed') => () => {
      throw new HttpProblem(code);
    };
    const { runtime, sample } = await start(
      answering({
        '/ok': { GET: (_request, response) => sendJson(response, 200, {}) },
        '/refused': { GET: fail('auth-missing') },
        '/failed': { GET: fail('model-failed') },
        '/stream': {
          GET: (_request, response, context) => {
            context.annotate({ problem: 'model-failed' });
            response.end('event: failed');
          },
        },
        '/left': { GET: (request) => void setImmediate(() => request.socket.destroy()) },
      }),
    );
    for (const target of ['/ok', '/refused', '/refused', '/failed', '/stream', '/left', '/nowhere', '/healthz'])
      await send(runtime.port, { path: target }).catch(() => undefined);
    const outcome = (name: string) => sample(`agentyard_requests_total{outcome="${name}"}`);
    await eventually(async () => (await outcome('aborted')) === 1);
    expect(await Promise.all(['ok', 'refused', 'overloaded', 'failed'].map(outcome))).toEqual([1, 2, 0, 2]);
  });

  it('are what a runtime says itself if its work is another, and its reloads', async () => {
    const { runtime, sample } = await start((metrics) => ({
      routes: {
        '/x': {
          GET: (_request, response) => {
            metrics.countRequest('overloaded');
            metrics.countReloadFailure();
            sendJson(response, 200, {});
          },
        },
      },
      load: () => ({ inFlight: 3, queued: 4 }),
    }));
    await send(runtime.port, { path: '/x' });
    expect(await sample('agentyard_requests_in_flight')).toBe(3);
    expect(await sample('agentyard_requests_queued')).toBe(4);
    expect(await sample('agentyard_requests')).toBe(7);
    expect(await sample('agentyard_requests_total{outcome="ok"}')).toBe(0);
    expect(await sample('agentyard_requests_total{outcome="overloaded"}')).toBe(1);
    expect(await sample('agentyard_reload_failures_total')).toBe(1);
  });

  it('have the events that this kind of runtime counts, by a label or without', async () => {
    const { sample } = await start((metrics) => {
      const failures = metrics.addEventCount('agentyard_failures_total', 'Failures', {
        name: 'reason',
        values: ['a', 'b'],
      });
      const tries = metrics.addEventCount('agentyard_tries_total', 'Tries');
      failures.add('b');
      failures.add('c');
      tries.add();
      tries.add();
      return { routes: {} };
    });
    const failures = (reason: string) => sample(`agentyard_failures_total{reason="${reason}"}`);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(failures))).toEqual([0, 1, 1, undefined]);
    expect(await sample('agentyard_tries_total')).toBe(2);
  });

  it('have the numbers that this kind of runtime has at present', async () => {
    let pods = 1;
    const { sample } = await start((metrics) => {
      metrics.addGauge('agentyard_pods', 'Pods', () => pods);
      return { routes: {} };
    });
    expect(await sample('agentyard_pods')).toBe(1);
    pods = 2;
    expect(await sample('agentyard_pods')).toBe(2);
  });

  it('have those of the process, in Prometheus’ format, on their own port alone', async () => {
    const { runtime, scrape } = await start(answering({}));
    expect(await scrape()).toMatch(/^process_cpu_seconds_total \d/m);
    const { headers, status } = await send(runtime.metricsPort ?? 0, { path: '/metrics' });
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect((await send(runtime.port, { path: '/metrics' })).status).toBe(404);
    expect((await send(runtime.metricsPort ?? 0, { path: '/readyz' })).status).toBe(404);
    expect((await send(runtime.metricsPort ?? 0, { path: '/metrics', method: 'POST' })).status).toBe(404);
  });

  it('are not served unless the document names a port, and end with the runtime', async () => {
    const { runtime: without } = await start(answering({}), { port: 8080 });
    expect(without.metricsPort).toBeUndefined();
    const { runtime, scrape } = await start(answering({}));
    await runtime.shutdown('test');
    await expect(scrape()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
