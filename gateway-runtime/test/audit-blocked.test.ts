import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cleanUp, documentOf, eventually, onCleanUp, temporaryDirectory } from './fixture';
import { provideIdentity } from './identity-files';

afterEach(cleanUp);

jest.setTimeout(60_000);

/** Starts a gateway without upstreams in a process of its own. */
async function startProcess(): Promise<{
  readonly child: ChildProcess;
  readonly url: string;
  readonly lines: string[];
}> {
  const directory = await temporaryDirectory();
  const write = (file: string, value: unknown) => writeFile(path.join(directory, file), JSON.stringify(value));
  const document = documentOf();
  await provideIdentity(directory, document);
  await write('hosts.json', {});
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
  return { child, lines, url: `http://127.0.0.1:${(JSON.parse(listening) as { port: number }).port}/mcp` };
}

/** Asks for the list of tools, with a header that makes its log lines long. */
const ask = (url: string, requestId: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });

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
  const decided = () =>
    lines
      .map((line) => JSON.parse(line) as { event: string; requestId: string })
      .filter(({ event }) => event === 'decision')
      .map(({ requestId }) => requestId);
  await eventually(() => decided().includes('last'));
  expect(decided().filter((id) => id !== 'last')).toEqual(served);
});
