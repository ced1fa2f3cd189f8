import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  onCleanUp,
  startServer,
  temporaryDirectory,
} from './fixture';
import { provideIdentity } from './identity-files';

afterEach(cleanUp);

const alice = apiKey('alice0001', { user: 'alice' });

/** Starts src/main.ts in a process of its own, before one agent. */
async function run(document: unknown, agentAddress = '') {
  const directory = await temporaryDirectory();
  const write = (file: string, value: unknown) => writeFile(path.join(directory, file), JSON.stringify(value));
  await mkdir(path.join(directory, 'keys'));
  await writeFile(path.join(directory, 'keys', 'alice'), alice.file);
  await provideIdentity(directory, protectedDocument);
  await write('hosts.json', { 'support-pods:8080': [agentAddress] });
  await write('gateway.json', document);
  await write('overlay.json', {
    listen: { host: '127.0.0.1', port: 0 },
    mounts: { '/etc/agentyard': directory },
    hostsFile: path.join(directory, 'hosts.json'),
  });
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, '..', 'src', 'main.ts')], {
    env: { PATH: process.env.PATH, AGENTYARD_LOCAL: path.join(directory, 'overlay.json') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void (output.text += text));
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  onCleanUp(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = () =>
    output.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { child, output, lines, ended };
}

type Lines = Awaited<ReturnType<typeof run>>['lines'];

/** Asks the gateway that writes these lines for a stream. */
async function stream(lines: Lines): Promise<Response> {
  const { port } = await eventually(() => lines().find(({ event }) => event === 'listening'));
  return fetch(`http://127.0.0.1:${String(port)}/v1/invoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${alice.key}` },
    body: JSON.stringify({ agent: 'support', input: 'canary-prompt' }),
  });
}

const protectedDocument = documentOf({
  auth: API_KEYS,
  agents: [agent('support')],
  routes: [byAgent('support')],
});

describe('the gateway’s process', () => {
  it('exits with 78 and one line per fault for a document that it refuses', async () => {
    const { ended, lines } = await run(
      documentOf({ name: 'Bad Name', routes: [byAgent('support')], toolsets: [{ extra: 1 }] as never }),
    );
    expect(await ended).toBe(78);
    const paths = lines().map(({ path: at }) => at);
    expect(lines().every(({ level, event }) => level === 'fatal' && event === 'refused')).toBe(true);
    expect(paths).toEqual(expect.arrayContaining(['$.name', '$.toolsets[0].extra', '$.toolsets[0].host']));
  });

  it('serves, finishes a stream in flight at SIGTERM, and writes no key, prompt or answer to its log', async () => {
    let finish: (() => void) | undefined;
    const support = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: canary-answer\n\n');
      finish = () => response.end('data: last\n\n');
    });
    const { child, ended, lines, output } = await run(protectedDocument, support.address);
    const answer = await stream(lines);
    expect(answer.status).toBe(200);
    child.kill('SIGTERM');
    await eventually(() => lines().some(({ event }) => event === 'shutdown'));
    finish?.();
    expect(await answer.text()).toBe('data: canary-answer\n\ndata: last\n\n');
    expect(await ended).toBe(0);
    expect(lines().find(({ type, event }) => type === 'audit' && event === 'request')).toMatchObject({
      user: 'alice',
      agent: 'support',
      status: 200,
    });
    expect(output.text).not.toContain('canary');
    expect(output.text).not.toContain(alice.key.slice(-43));
  });

  it('ends a stream that outlasts its grace between two events, with one that says it may be sent again', async () => {
    const support = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
    });
    const { child, ended, lines } = await run({ ...protectedDocument, shutdown: { graceMs: 50 } }, support.address);
    const answer = await stream(lines);
    child.kill('SIGTERM');
    const [first, failed] = (await answer.text()).split('\n\n');
    expect(first).toBe('data: first');
    expect(failed).toMatch(/^event: failed\ndata: .*"code":"runtime-ending"/);
    expect(await ended).toBe(0);
    expect(lines().find(({ type, event }) => type === 'audit' && event === 'request')).toMatchObject({
      problem: 'runtime-ending',
    });
  });
});
