import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { agent, byAgent, cleanUp, documentOf, eventually, onCleanUp, temporaryDirectory } from './fixture';
import { provideIdentity } from './identity-files';

afterEach(cleanUp);

jest.setTimeout(60_000);

/** Starts an agent. @returns its address, and the ids of the requests that it saw */
async function startAgent(): Promise<{ readonly address: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(String(request.headers['x-request-id']));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Starts a gateway in a process of its own, whose only agent is at an address. */
async function startProcess(address = '127.0.0.1:1'): Promise<{
  readonly child: ChildProcess;
  readonly url: string;
  readonly lines: string[];
}> {
  const directory = await temporaryDirectory();
  const write = (file: string, value: unknown) => writeFile(path.join(directory, file), JSON.stringify(value));
  const document = documentOf({
    agents: [agent('support', { limits: { maxConcurrency: 1_000 } })],
    routes: [byAgent('support')],
  });
  await provideIdentity(directory, document);
  await write('hosts.json', { 'support-pods:8080': [address] });
  await write('gateway.json', document);
  await write('overlay.json', {
    listen: { host: '127.0.0.1', port: 0 },
    mounts: { '/etc/agentyard': directory },
    hostsFile: path.join(directory, 'hosts.json'),
  });
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, '..', 'src', 'main.ts')], {
    env: { PATH: process.env.PATH, AGENTYARD_LOCAL: path.join(directory, 'overlay.json') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onCleanUp(async () => {
    if (child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const listening = await eventually(() => lines.find((line) => line.includes('"listening"')));
  return { child, lines, url: `http://127.0.0.1:${(JSON.parse(listening) as { port: number }).port}` };
}

/** Asks for the list of tools, with a header that makes its log lines long. */
const ask = (url: string, requestId: string): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });

/** Invokes the agent. */
const invoke = (url: string, requestId: string): Promise<Response> =>
  fetch(`${url}/v1/invoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId },
    body: JSON.stringify({ agent: 'support', input: 'hello' }),
  });

/** Ids of the requests that were decided, as the lines have it. */
const decided = (lines: readonly string[]): string[] =>
  lines
    .map((line) => JSON.parse(line) as { event: string; requestId: string })
    .filter(({ event }) => event === 'decision')
    .map(({ requestId }) => requestId);

it('does nothing that it cannot log: while nobody reads its lines requests are refused, and none is lost from them', async () => {
  const { child, url, lines } = await startProcess();
  expect((await ask(url, 'first')).status).toBe(200);
  child.stdout?.pause();
  const served: string[] = ['first'];
  let refused: Response | undefined;
  for (let i = 0; refused === undefined && i < 20_000; i += 1) {
    const id = `${'x'.repeat(100)}-${i}`;
    const answer = await ask(url, id);
    if (answer.status === 503) refused = answer;
    else served.push(id);
    if (answer.status === 200) await answer.arrayBuffer();
  }
  expect(await refused?.json()).toMatchObject({ code: 'audit-unavailable' });
  expect(refused?.headers.get('retry-after')).toBe('1');
  child.stdout?.resume();
  await eventually(async () => (await ask(url, 'last')).status === 200);
  await eventually(() => decided(lines).includes('last'));
  expect(decided(lines).filter((id) => id !== 'last')).toEqual(served);
});

it('sends nothing on whose decision only it knows: an agent has seen no request that a gateway which is killed has not told of', async () => {
  const { address, seen } = await startAgent();
  const { child, url, lines } = await startProcess(address);
  expect((await invoke(url, 'first')).status).toBe(200);
  child.stdout?.pause();
  // More than a pipe holds.
  const ids = Array.from({ length: 600 }, (_, i) => `${'x'.repeat(100)}-${i}`);
  const answers = ids.map((id) => invoke(url, id).catch(() => undefined));
  await eventually(() => seen.length > 50);
  // Those that come later are not let in.
  await eventually(async () => (await ask(url, 'late')).status === 503);
  child.kill('SIGKILL');
  child.stdout?.resume();
  await once(child, 'close');
  await Promise.all(answers);
  expect(seen.length).toBeLessThan(ids.length);
  expect(decided(lines)).toEqual(expect.arrayContaining(seen));
});

it('goes on with what has waited for the reader as soon as it reads', async () => {
  const { address, seen } = await startAgent();
  const { child, url, lines } = await startProcess(address);
  child.stdout?.pause();
  const ids = Array.from({ length: 600 }, (_, i) => `${'x'.repeat(100)}-${i}`);
  const answers = ids.map((id) => invoke(url, id).then(({ status }) => status));
  await eventually(() => seen.length > 50);
  child.stdout?.resume();
  expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
  await eventually(() => decided(lines).length === ids.length);
});

it('lets nobody in when its reader has gone', async () => {
  const { address, seen } = await startAgent();
  const { child, url } = await startProcess(address);
  expect((await invoke(url, 'first')).status).toBe(200);
  child.stdout?.destroy();
  await once(child.stdout!, 'close');
  for (const id of ['later', 'last']) {
    const answer = await invoke(url, id);
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'audit-unavailable' })]);
  }
  expect(seen).toEqual(['first']);
});
