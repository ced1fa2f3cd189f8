import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { createDispatcher, createFetch, type HostMap } from '../src';
import { cleanUp, onCleanUp, replaceFile, temporaryDirectory } from './fixture';

afterEach(cleanUp);

async function startNamed(name: string): Promise<string> {
  const server = createServer((request, response) => response.end(`${name} ${request.headers.host} ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function local(hosts: HostMap) {
  const hostsFile = path.join(await temporaryDirectory(), 'hosts.json');
  const write = (map: HostMap) => replaceFile(hostsFile, JSON.stringify(map));
  await write(hosts);
  const dispatcher = createDispatcher({ listen: { host: '127.0.0.1', port: 0 }, mounts: {}, hostsFile });
  onCleanUp(() => dispatcher.destroy());
  const request = createFetch(dispatcher);
  return { write, hostsFile, request, ask: async (url: string) => (await request(url)).text() };
}

describe('createDispatcher', () => {
  it('sends to the local address of a Service, and keeps the Service’s name in Host', async () => {
    const { ask } = await local({ 'support:8080': [await startNamed('a')], 'logs:8080': [await startNamed('b')] });
    expect(await ask('http://support:8080/x')).toBe('a support:8080 /x');
    expect(await ask('http://logs:8080/y')).toBe('b logs:8080 /y');
  });

  it('spreads connections over the replicas', async () => {
    const { ask } = await local({ 'support:8080': [await startNamed('a'), await startNamed('b')] });
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask('http://support:8080/')));
    expect(new Set(answers.map((answer) => answer[0]))).toEqual(new Set(['a', 'b']));
  });

  it('refuses a Service without a ready replica, and sees one that comes', async () => {
    const { ask, write } = await local({ 'support:8080': [] });
    await expect(ask('http://support:8080/')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no replica of support') },
    });
    await write({ 'support:8080': [await startNamed('a')] });
    expect(await ask('http://support:8080/')).toMatch(/^a /);
  });

  it('goes straight to a host that is not of this platform', async () => {
    const address = await startNamed('a');
    const { ask } = await local({});
    expect(await ask(`http://${address}/x`)).toBe(`a ${address} /x`);
  });

  it('fails a request, and not the process, when the host map cannot be read', async () => {
    const { request, hostsFile } = await local({});
    await writeFile(hostsFile, '{');
    await expect(request('http://support:8080/')).rejects.toMatchObject({ cause: expect.any(SyntaxError) });
  });

  it('follows no redirect, which would take the headers along', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    onCleanUp(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    });
    const { request } = await local({});
    const { port } = server.address() as AddressInfo;
    const answer = await request(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'x-api-key': 'a' } });
    expect([answer.status, asked]).toEqual([307, 1]);
  });

  it('looks names up as usual without an overlay', async () => {
    const address = await startNamed('a');
    const dispatcher = createDispatcher(undefined);
    onCleanUp(() => dispatcher.destroy());
    const answer = await createFetch(dispatcher)(`http://${address}/x`);
    expect(await answer.text()).toBe(`a ${address} /x`);
  });
});
