import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LocalPlatform } from '../src/dev/platform';
import { gateway, workload, type KubeObject } from './fixtures/manifests';
import { isAlive, Stage, stateAt, stateOf, until, urlOf } from './fixtures/stage';

const agent = (name: string, document: object = {}, options: object = {}): KubeObject[] =>
  workload('agent', name, { document, ...options });
const documentOf = async (platform: LocalPlatform) => {
  const { mounts } = await stateOf(platform, 'support');
  const bytes = Buffer.from(mounts['/etc/agentyard']?.['agent.json']?.base64 ?? '', 'base64');
  return JSON.parse(bytes.toString()) as { readonly prompt?: string };
};
const crash = (url: string) => fetch(`${url}/crash`).catch(() => undefined);

describe('a runtime that ends', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is started again after a crash, with its volumes as they were', async () => {
    stage = await Stage.open(agent('support', { crashOnce: true }));
    const platform = await stage.start();
    expect(stage.output.join('')).toContain(
      'support   | ended with exit code 3; it is started again in 1 s'.replace('   ', ' '),
    );
    const { mounts } = await stateOf(platform, 'support');
    expect(Object.keys(mounts['/tmp'] ?? {})).toEqual(['crashed']);
  });

  it('gets no traffic until it is ready again, then under its new address', async () => {
    stage = await Stage.open([...agent('support'), ...gateway()]);
    const platform = await stage.start();
    const { pid } = await stateOf(platform, 'support');
    const hosts = async () => (await stateOf(platform, 'gateway')).hosts['support.default.svc:8080'];
    await crash(urlOf(platform, 'support'));
    await until(async () => (await hosts())?.length === 0);
    const [address] = await until(async () => {
      const found = await hosts();
      return found?.length === 1 && found;
    });
    expect(address).toBe(urlOf(platform, 'support').replace('http://', ''));
    expect((await stateOf(platform, 'support')).pid).not.toBe(pid);
  });

  it('is not started again once the platform was stopped', async () => {
    stage = await Stage.open(agent('support'));
    const platform = await stage.start();
    const pids = platform.workloads.flatMap((one) => one.pids);
    await crash(urlOf(platform, 'support'));
    await until(() => stage.output.join('').includes('is started again'));
    await platform.stop();
    expect(platform.workloads).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('fails the platform when it refuses its document after it has served', async () => {
    stage = await Stage.open(agent('support'));
    const platform = await stage.start();
    const { overlay } = await stateOf(platform, 'support');
    const file = path.join(overlay.mounts['/etc/agentyard'] ?? '', 'agent.json');
    await writeFile(file, JSON.stringify({ faults: [{ path: '$.prompt', message: 'is gone' }] }));
    await crash(urlOf(platform, 'support'));
    expect((await platform.failure).message).toBe('the agent support refuses to start\n  $.prompt: is gone');
  });
});

describe('a start that is ended', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('starts nothing again that the terminal has ended as well', async () => {
    const env = [
      { name: 'READY', value: 'no' },
      { name: 'ENDS_AFTER_MS', value: '500' },
    ];
    stage = await Stage.open([...agent('support'), ...agent('slow', {}, { env })]);
    const ending = new AbortController();
    const started = stage.start({ signal: ending.signal }).catch((error: unknown) => error);
    const [port] = await until(() => /(?<=support +\| .*port=)\d+/.exec(stage.output.join('')) ?? undefined);
    const { pid } = await until(async () => {
      const state = await stateAt(`http://127.0.0.1:${port}`);
      return state.hosts['support.default.svc:8080']?.length === 1 && state;
    });
    ending.abort(new Error('Ctrl-C'));
    process.kill(pid, 'SIGTERM');
    await started;
    expect(stage.output.join('')).not.toContain('is started again');
  });
});

describe('the order of workloads', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is the one of the manifests, whichever is ready first', async () => {
    const env = [{ name: 'READY_AFTER_MS', value: '700' }];
    stage = await Stage.open([...gateway('first', {}, { env }), ...gateway('second')]);
    const platform = await stage.start();
    expect(platform.gateways.map(({ name }) => name)).toEqual(['first', 'second']);
  });
});

describe('--watch', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('replaces what has changed, keeps the rest, starts what is new and stops what is gone', async () => {
    stage = await Stage.open([...agent('changed'), ...agent('kept'), ...agent('removed'), ...gateway()]);
    const platform = await stage.start({ watch: true });
    const before = Object.fromEntries(platform.workloads.map(({ name, pids }) => [name, pids[0]]));
    const key = platform.gateways[0]?.key;
    await stage.synth([
      ...agent('changed', { prompt: 'another' }),
      ...agent('kept'),
      ...agent('added'),
      ...gateway('gateway', { maxBodyBytes: 4711 }),
    ]);
    await until(() =>
      ['changed was replaced', 'removed was stopped', 'added was started', 'gateway has new files'].every((text) =>
        stage.output.join('').includes(text),
      ),
    );

    const after = Object.fromEntries(platform.workloads.map(({ name, pids }) => [name, pids[0]]));
    expect(Object.keys(after).sort()).toEqual(['added', 'changed', 'gateway', 'kept']);
    expect(after).toMatchObject({ kept: before.kept, gateway: before.gateway });
    expect(after.changed).not.toBe(before.changed);
    expect([before.changed, before.removed].filter((pid) => isAlive(pid ?? 0))).toEqual([]);
    const { mounts, overlay, hosts } = await stateOf(platform, 'gateway');
    const document = await readFile(path.join(overlay.mounts['/etc/agentyard'] ?? '', 'gateway.json'), 'utf8');
    expect(JSON.parse(document)).toMatchObject({ maxBodyBytes: 4711 });
    expect(Object.keys(mounts['/var/run/secrets/agentyard/api-keys'] ?? {}).length).toBe(1);
    expect(platform.gateways[0]?.key).toBe(key);
    expect(hosts['changed.default.svc:8080']).toEqual([urlOf(platform, 'changed').replace('http://', '')]);
    expect(hosts).not.toHaveProperty(['removed.default.svc:8080']);
  });

  it('keeps the old version serving when the new one is refused, and takes the next over', async () => {
    stage = await Stage.open(agent('support'));
    const platform = await stage.start({ watch: true });
    const { pid } = await stateOf(platform, 'support');
    await stage.synth(agent('support', { faults: [{ path: '$.model', message: 'must be there' }] }));
    await until(() => stage.output.join('').includes('$.model: must be there'));
    await until(() => stage.output.join('').includes('what ran before runs on'));
    expect((await stateOf(platform, 'support')).pid).toBe(pid);
    await stage.synth(agent('support', { prompt: 'right' }));
    await until(() => stage.output.join('').includes('support was replaced'));
    expect((await stateOf(platform, 'support')).pid).not.toBe(pid);
  });

  it('follows a folder that is removed and written again', async () => {
    stage = await Stage.open(agent('support'));
    const platform = await stage.start({ watch: true });
    const { pid } = await stateOf(platform, 'support');
    await rm(stage.manifests, { recursive: true });
    await until(() => stage.output.join('').includes('there are no manifests at the moment'));
    expect((await stateOf(platform, 'support')).pid).toBe(pid);
    for (const prompt of ['one', 'two']) {
      await mkdir(stage.manifests, { recursive: true });
      await stage.synth(agent('support', { prompt }));
      await until(async () => (await documentOf(platform)).prompt === prompt);
    }
  });

  it('keeps all as it is while the manifests are wrong', async () => {
    stage = await Stage.open(agent('support'));
    const platform = await stage.start({ watch: true });
    const { pid } = await stateOf(platform, 'support');
    await stage.file('dist/platform.k8s.yaml', 'kind: [unclosed');
    await until(() => stage.output.join('').includes('the manifests were not taken over'));
    expect((await stateOf(platform, 'support')).pid).toBe(pid);
  });

  it('starts a gateway again on its port when its pods have changed', async () => {
    stage = await Stage.open(gateway());
    const platform = await stage.start({ watch: true });
    const url = urlOf(platform, 'gateway');
    await stage.synth(gateway('gateway', {}, { env: [{ name: 'LOG_LEVEL', value: 'debug' }] }));
    await until(() => stage.output.join('').includes('gateway was replaced'));
    expect(urlOf(platform, 'gateway')).toBe(url);
    expect((await stateOf(platform, 'gateway')).env.LOG_LEVEL).toBe('debug');
  });
});
