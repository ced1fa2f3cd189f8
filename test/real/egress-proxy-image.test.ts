import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { baseOf, provideBase } from '../images/base-image';
import { Containers } from '../images/containers';
import { Laboratory, proxyDocument, PUBLIC } from './egress-proxy/laboratory';
import type { Pod } from './egress-proxy/network';
import { until } from './egress-proxy/until';
import type { Workload } from './egress-proxy/workload';

jest.setTimeout(120_000);

const ROOT = path.join(__dirname, '../..');
const DOCKERFILE = path.join(ROOT, 'images/egress-proxy/Dockerfile');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
const IMAGE = `agentyard/egress-proxy:${version}`;
const LIST = 10_001;

let laboratory: Laboratory;
let containers: Containers;
let pod: Pod;
let workload: Workload;
const started: string[] = [];

beforeAll(async () => {
  containers = Containers.open();
  provideBase(containers, baseOf(DOCKERFILE));
  containers.execute(process.execPath, [path.join(ROOT, 'scripts/build-images.mjs'), '--builder', 'buildah']);
  laboratory = await Laboratory.open();
  laboratory.zone.set('api.example.com', PUBLIC.api);
  laboratory.zone.set('other.example.com', PUBLIC.other);
  pod = laboratory.addProxyPod('image');
  workload = laboratory.addWorkload('workload');
  laboratory.network.allow(workload.pod, pod, LIST);
}, 1_200_000);

afterEach(() => started.splice(0).forEach((name) => containers.remove(name)));
afterAll(() => laboratory?.close());

/** A folder that is mounted; an emptyDir may be written to by everybody. */
function folder(name: string, mode: number): string {
  const created = path.join(laboratory.folder, `${started.length}-${name}`);
  mkdirSync(created, { recursive: true });
  chmodSync(created, mode);
  return created;
}

/** Runs the image as a user, as the StatefulSet does, and waits until it is ready. */
async function run(name: string, user: string): Promise<string> {
  started.push(name);
  const mounted = folder(`${name}-document`, 0o755);
  writeFileSync(
    path.join(mounted, 'egress-proxy.json'),
    JSON.stringify(proxyDocument([{ port: LIST, hosts: [{ name: 'api.example.com', port: 443 }] }])),
  );
  const mounts = [`${mounted}:/etc/agentyard:ro`, `${folder(`${name}-work`, 0o777)}:/run/agentyard`];
  const options = [`--user=${user}`, `--network=ns:/run/netns/${pod.namespace}`, '--env=AGENTYARD_REPLICA_INDEX=0'];
  containers.start(name, IMAGE, ...options, ...mounts.map((mount) => `--volume=${mount}`));
  await until(async () => {
    const { status } = await laboratory.observer.request({ host: pod.address, port: 8080 }, '/readyz');
    return status === 200;
  });
  return name;
}

const ask = (name: string) => workload.tunnel({ host: pod.address, port: LIST }, { target: `${name}.example.com:443` });

describe('the image of the egress proxy', () => {
  it.each([
    ['a user of OpenShift', '1000730000:0'],
    ['nobody', '65534:65534'],
  ])('serves as %s, with a read-only root and without capabilities', async (_, user) => {
    const container = await run(`agentyard-proxy-${process.pid}`, user);
    expect(await ask('api')).toMatchObject({ at: PUBLIC.api });
    expect(await ask('other')).toEqual({ status: 403 });
    const status = containers.podman('exec', container, 'cat', '/proc/1/status');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(() => containers.podman('exec', container, 'touch', '/opt/x')).toThrow(/Read-only file system/);
  });

  it('starts Squid again when it dies, and leaves no zombies', async () => {
    const container = await run(`agentyard-proxy-${process.pid}`, '1000730000:0');
    containers.podman(
      'exec',
      container,
      'sh',
      '-c',
      'kill -9 $(grep -l "^Name:.squid" /proc/[0-9]*/status | cut -d/ -f3)',
    );
    await until(async () => (await ask('api')).error !== undefined);
    await until(async () => (await ask('api')).at === PUBLIC.api);
    const states = containers.podman('top', container, 'state', 'comm').split('\n').slice(1);
    expect(states.map((line) => line.split(/\s+/)[1]).sort()).toEqual(['MainThread', 'MainThread', 'squid', 'tini']);
    expect(states.filter((line) => line.startsWith('Z'))).toEqual([]);
  });

  it('ends with 0 at SIGTERM', async () => {
    const container = await run(`agentyard-proxy-${process.pid}`, '1000730000:0');
    containers.podman('stop', '--time=60', container);
    expect(containers.podman('inspect', '--format={{.State.ExitCode}}', container)).toBe('0');
  });

  it('holds no file that gives rights to who runs it', () => {
    const container = containers.buildah('from', IMAGE);
    const root = containers.buildah('mount', container);
    try {
      expect(containers.execute('find', [root, '-xdev', '-type', 'f', '-perm', '/6000'])).toBe('');
      expect(containers.execute('getcap', ['-r', root])).toBe('');
    } finally {
      containers.buildah('rm', container);
    }
  });
});
