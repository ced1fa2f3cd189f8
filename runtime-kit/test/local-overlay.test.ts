import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocalHosts, localPath, readLocalOverlay } from '../src';
import { cleanUp, replaceFile, temporaryDirectory } from './fixture';

afterEach(cleanUp);

const overlay = {
  listen: { host: '127.0.0.1', port: 0 },
  mounts: { '/data': '/tmp/d', '/data/logs': '/tmp/l' },
  hostsFile: '/tmp/hosts.json',
};

describe('readLocalOverlay', () => {
  it('reads the file that the environment names', async () => {
    const file = path.join(await temporaryDirectory(), 'overlay.json');
    await writeFile(file, JSON.stringify(overlay));
    expect(readLocalOverlay({ AGENTYARD_LOCAL: file })).toEqual(overlay);
  });

  it('is absent when nothing names it', () => {
    expect(readLocalOverlay({})).toBeUndefined();
    expect(readLocalOverlay({ AGENTYARD_LOCAL: '', KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBeUndefined();
  });

  it('is refused inside Kubernetes, with the remedy, before the file is read', () => {
    const environment = { AGENTYARD_LOCAL: '/nonexistent', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
    expect(() => readLocalOverlay(environment)).toThrow(/refused inside Kubernetes; remove it/);
  });
});

describe('localPath', () => {
  it.each([
    ['/data', '/tmp/d'],
    ['/data/a/b.txt', '/tmp/d/a/b.txt'],
    ['/data/logs/today', '/tmp/l/today'],
    ['/database/x', '/database/x'],
    ['/etc/hosts', '/etc/hosts'],
  ])('maps %s to %s', (container, local) => {
    expect(localPath(container, overlay)).toBe(local);
  });

  it('changes nothing without an overlay', () => {
    expect(localPath('/data/a', undefined)).toBe('/data/a');
  });
});

describe('LocalHosts', () => {
  async function hosts() {
    const file = path.join(await temporaryDirectory(), 'hosts.json');
    const write = (map: unknown) => replaceFile(file, JSON.stringify(map));
    await write({ 'a:80': ['127.0.0.1:1'], 'b:80': [] });
    return { file, write, hosts: new LocalHosts(file) };
  }

  it('tells a Service without ready replicas from a name that is none', async () => {
    const { hosts: map } = await hosts();
    expect(map.addressesOf('a', 80)).toEqual(['127.0.0.1:1']);
    expect(map.addressesOf('b', 80)).toEqual([]);
    expect(map.addressesOf('a', 81)).toBeUndefined();
    expect(map.addressesOf('constructor', 80)).toBeUndefined();
  });

  it('sees a change at the next question', async () => {
    const { hosts: map, write } = await hosts();
    expect(map.addressesOf('a', 80)).toEqual(['127.0.0.1:1']);
    await write({ 'a:80': ['127.0.0.1:2'] });
    expect(map.addressesOf('a', 80)).toEqual(['127.0.0.1:2']);
  });

  it('keeps the last map while the file is half written, and fails when there is none', async () => {
    const { hosts: map, file, write } = await hosts();
    map.addressesOf('a', 80);
    await writeFile(file, '{"a:80": [');
    expect(map.addressesOf('a', 80)).toEqual(['127.0.0.1:1']);
    expect(() => new LocalHosts(file).addressesOf('a', 80)).toThrow(SyntaxError);
    await write({ 'a:80': ['127.0.0.1:3'] });
    expect(map.addressesOf('a', 80)).toEqual(['127.0.0.1:3']);
  });
});
