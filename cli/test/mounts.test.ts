import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gateway, workload } from './fixtures/manifests';
import { Stage, stateOf } from './fixtures/stage';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

describe('what a runtime finds in its volumes', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is the document of the manifests byte for byte, binary data too', async () => {
    const text = `${String.raw`{ "kind": "Agent",  "prompt": "Grüße\n „Täglich“ 🪵 \u0000" }`}\n\n\n  `;
    const binary = Buffer.from([0, 255, 128, 10, 13]);
    const [configMap, ...rest] = workload('agent', 'support', { document: text });
    stage = await Stage.open([
      { ...configMap, kind: 'ConfigMap', binaryData: { 'model.bin': base64(binary) } },
      ...rest,
    ]);
    const { mounts } = await stateOf(await stage.start(), 'support');
    expect(mounts['/etc/agentyard']).toEqual({
      'agent.json': { base64: base64(text), mode: 0o644 },
      'model.bin': { base64: base64(binary), mode: 0o644 },
    });
  });

  it('is what the projected items of several ConfigMaps select, and nothing else', async () => {
    const map = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
    stage = await Stage.open([
      map('tools-a', { one: 'export const one = 1;', other: 'not selected' }),
      map('tools-b', { two: 'export const two = 2;' }),
      ...workload('sandbox', 'log-analysis', {
        document: {},
        volumes: [
          {
            name: 'tools',
            projected: {
              sources: [
                { configMap: { name: 'tools-a', items: [{ key: 'one', path: 'one.mjs' }] } },
                { configMap: { name: 'tools-b', items: [{ key: 'two', path: 'deep/two.mjs' }] } },
              ],
            },
          },
        ],
        mounts: [{ name: 'tools', mountPath: '/opt/agentyard/tools' }],
      }),
    ]);
    const { mounts } = await stateOf(await stage.start(), 'log-analysis');
    expect(
      Object.fromEntries(Object.entries(mounts['/opt/agentyard/tools'] ?? {}).map(([k, v]) => [k, v.base64])),
    ).toEqual({
      'one.mjs': base64('export const one = 1;'),
      'deep/two.mjs': base64('export const two = 2;'),
    });
  });

  it('comes from the file of --env-file for a Secret, readable by its owner alone', async () => {
    stage = await Stage.open(gateway());
    const file = await stage.file('keys.env', 'first={"kind":"ApiKey"}\n');
    const platform = await stage.start({ envFiles: { 'gateway-keys': file } });
    const { mounts, overlay } = await stateOf(platform, 'gateway');
    expect(mounts['/var/run/secrets/agentyard/api-keys']).toEqual({
      first: { base64: base64('{"kind":"ApiKey"}'), mode: 0o600 },
    });
    expect((await stat(path.dirname(overlay.hostsFile))).mode & 0o777).toBe(0o700);
    expect(platform.gateways[0]?.key).toBeUndefined();
  });

  it('is the developer’s directory for a volume without local meaning, under either of its names', async () => {
    stage = await Stage.open(sandboxWithData());
    await stage.file('app.log', 'an error');
    for (const name of ['data-logs', 'logs', 'log-analysis/data-logs', 'log-analysis/logs']) {
      const platform = await stage.start({ mounts: { [name]: stage.root } });
      const { overlay } = await stateOf(platform, 'log-analysis');
      expect(overlay.mounts['/data/logs']).toBe(stage.root);
      expect(platform.workloads[0]?.emptyVolumes).toEqual([]);
      await platform.stop();
    }
  });

  it('is an empty directory when nothing was given, which is said', async () => {
    stage = await Stage.open(sandboxWithData());
    const platform = await stage.start();
    const { mounts } = await stateOf(platform, 'log-analysis');
    expect(mounts['/data/logs']).toEqual({});
    expect(platform.workloads[0]?.emptyVolumes).toEqual(['data-logs']);
  });

  describe('with tools of an image', () => {
    const image = 'registry.example.com/tools:1';
    const mounted = { name: 'tools', image: { reference: image } };
    const copied = { name: 'tools', emptyDir: { sizeLimit: '131072Ki' } };
    const copy = { name: 'tools', image, volumeMounts: [{ name: 'tools', mountPath: '/mnt/agentyard-tools' }] };
    const sandbox = (volume: object, subPath?: string, pod = {}) =>
      workload('sandbox', 'log-analysis', {
        document: {},
        volumes: [{ ...volume }],
        mounts: [{ name: 'tools', mountPath: '/opt/agentyard/tools', readOnly: true, subPath }],
        pod,
      });
    const cases = [
      ['mounted', sandbox(mounted, 'app/tools')],
      ['copied', sandbox(copied, undefined, { initContainers: [copy] })],
    ] as const;

    it.each(cases)('is the directory that --mount gives for the one in the image (%s)', async (_, objects) => {
      stage = await Stage.open(objects);
      await stage.file('index.mjs', 'export const one = () => 1;');
      const platform = await stage.start({ mounts: { 'log-analysis/tools': stage.root } });
      const { overlay } = await stateOf(platform, 'log-analysis');
      expect(overlay.mounts['/opt/agentyard/tools']).toBe(stage.root);
    });

    it.each(cases)('lets no sandbox run without them, and says how it would (%s)', async (_, objects) => {
      stage = await Stage.open([...objects, ...workload('agent', 'support', { document: {} })]);
      const { notStarted, workloads } = await stage.start();
      expect(workloads.map(({ name }) => name)).toEqual(['support']);
      expect(notStarted).toMatchObject([
        {
          workload: { name: 'log-analysis' },
          reasons: [
            `the tools of log-analysis are in the image ${image}, which is not pulled here; ` +
              'add --mount log-analysis/tools=<dir> with what its directory of tools has',
          ],
        },
      ]);
    });
  });

  it('is the platform’s own log for @logs', async () => {
    stage = await Stage.open(sandboxWithData());
    const platform = await stage.start({ mounts: { logs: '@logs' }, quiet: true });
    const { overlay } = await stateOf(platform, 'log-analysis');
    expect(overlay.mounts['/data/logs']).toBe(platform.logsDirectory);
    const log = await readFile(path.join(overlay.mounts['/data/logs'] ?? '', 'log-analysis.log'), 'utf8');
    expect(JSON.parse(log.split('\n')[0] ?? '')).toMatchObject({ event: 'listening' });
    expect(stage.output).toEqual([]);
  });

  it('is gone with the platform', async () => {
    stage = await Stage.open(sandboxWithData());
    const platform = await stage.start();
    const { overlay } = await stateOf(platform, 'log-analysis');
    await platform.stop();
    await expect(stat(path.dirname(overlay.hostsFile))).rejects.toThrow('ENOENT');
  });
});

function sandboxWithData() {
  return workload('sandbox', 'log-analysis', {
    document: {},
    volumes: [{ name: 'data-logs', persistentVolumeClaim: { claimName: 'logs' } }],
    mounts: [{ name: 'data-logs', mountPath: '/data/logs', readOnly: true }],
  });
}
