import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { SandboxFixture, processesOf, textOf } from './sandbox-fixture.js';

const MODULE = `
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export async function hold(_, { data }) { while (!existsSync(data.logs + '/release')) await sleep(5); return 'held'; }
`;

describe('a sandbox under load', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
    await sandbox.write(
      { modules: { 'hold.mjs': MODULE }, tools: [{ name: 'hold', module: 'hold.mjs' }] },
      {
        limits: { maxConcurrency: 1, maxQueue: 1, warmProcesses: 0, timeoutMs: 25_000 },
        shutdown: { graceMs: 50 },
        listen: { port: 8080, metricsPort: 9464 },
      },
    );
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  afterEach(() => sandbox.close());

  const release = () => writeFile(path.join(sandbox.root, 'logs/release'), '');
  const runs = async () => (await sandbox.scratchFolders()).length === 1;
  const isGone = async () =>
    (await sandbox.scratchFolders()).length === 0 && (await processesOf(sandbox.root)).length === 0;

  it('runs one, lets one wait, tells the third to try again, and serves the two', async () => {
    const client = await sandbox.connect();
    let isRefused: (text: string) => void = () => {};
    const refused = new Promise<string>((resolve) => (isRefused = resolve));
    const calls = [1, 2, 3].map(async () => {
      const result = await client.callTool({ name: 'hold', arguments: {} });
      if (result.isError === true) isRefused(textOf(result));
      return textOf(result);
    });
    expect(await refused).toBe('The toolset bench is overloaded; the call was not started and may be retried.');
    await eventually(async () => (await processesOf(sandbox.root)).length === 1);
    const busy = await sandbox.metrics();
    for (const line of ['_in_flight 1', '_queued 1', ' 2', '_total{outcome="overloaded"} 1'])
      expect(busy).toContain(`\nagentyard_requests${line}\n`);
    await release();
    expect((await Promise.all(calls)).filter((text) => text === 'held')).toHaveLength(2);
    const idle = await sandbox.metrics();
    for (const line of [' 0', '_total{outcome="ok"} 2']) expect(idle).toContain(`\nagentyard_requests${line}\n`);
    await eventually(isGone);
  });

  it.each([
    ['the sessions of 2025', {}, undefined],
    [
      'the revision 2026-07-28',
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'hold' },
      {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    ],
  ])('ends the process when the client goes away, in %s', async (_, headers, meta) => {
    const aborter = new AbortController();
    const answer = fetch(`${sandbox.address}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(await sandbox.headers()),
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'hold', arguments: {}, _meta: meta },
      }),
      signal: aborter.signal,
    }).then((response) => response.text());
    await eventually(runs);
    aborter.abort();
    await expect(answer).rejects.toThrow('abort');
    await eventually(isGone);
  });

  it('does not start what its caller has given up, nor let run longer', async () => {
    const inTime = { ...(await sandbox.headers()), 'agentyard-time-left-ms': '500' };
    const [first, second] = [await sandbox.connect(), await sandbox.connect(undefined, inTime)];
    const running = first.callTool({ name: 'hold', arguments: {} });
    await eventually(runs);
    const waited = await second.callTool({ name: 'hold', arguments: {} });
    expect(textOf(waited)).toBe('The toolset bench is overloaded; the call was not started and may be retried.');
    await release();
    expect(textOf(await running)).toBe('held');
    await rm(path.join(sandbox.root, 'logs/release'));
    const stopped = textOf(await second.callTool({ name: 'hold', arguments: {} }));
    expect(stopped).toMatch(/^The tool was stopped: it ran longer than its time limit of \d{3} ms\.$/);
  });

  it('leaves nothing when it is shut down while a call runs', async () => {
    const call = (await sandbox.connect()).callTool({ name: 'hold', arguments: {} }).catch(() => 'cut');
    await eventually(runs);
    await sandbox.stop();
    expect(await isGone()).toBe(true);
    await call;
  });
});
