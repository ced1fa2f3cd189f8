import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { API_KEY_PATTERN, apiKeyDocument, invokeResponse, parseDocument, parseValue } from 'agentyard/contract';
import { banner } from '../src/dev/banner';
import { invokeLine } from '../src/dev/curl-lines';
import { ask } from '../src/dev/question';
import { gateway, workload } from './fixtures/manifests';
import { Stage, stateOf } from './fixtures/stage';

const run = promisify(execFile);
const shell = async (line: string): Promise<unknown> => JSON.parse((await run('sh', ['-c', line])).stdout);
const support = workload('agent', 'support', { document: {} });
const sandbox = workload('sandbox', 'log-analysis', { document: {} });

describe('access to a local gateway', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is by a key made for the run, of which the gateway is given the hash alone', async () => {
    stage = await Stage.open(gateway());
    const platform = await stage.start();
    const key = platform.gateways[0]?.key ?? '';
    const { mounts } = await stateOf(platform, 'gateway');
    const [[name, { base64, mode }] = ['', { base64: '', mode: 0 }], ...others] = Object.entries(
      mounts['/var/run/secrets/agentyard/api-keys'] ?? {},
    );
    expect(others).toEqual([]);
    expect(mode).toBe(0o600);
    const text = Buffer.from(base64, 'base64').toString();
    const document = parseDocument(apiKeyDocument, text);
    expect(API_KEY_PATTERN.exec(key)?.[1]).toBe(document.id);
    expect(name).toBe(document.id);
    expect(document.sha256).toBe(createHash('sha256').update(key).digest('hex'));
    expect(document.user).toBe('local');
    expect(text).not.toContain(key);
  });

  it('stays when a new document of the gateway is wrong, which then serves on with the old one', async () => {
    stage = await Stage.open(gateway());
    const platform = await stage.start({ watch: true });
    const keysOf = async () =>
      Object.keys((await stateOf(platform, 'gateway')).mounts['/var/run/secrets/agentyard/api-keys'] ?? {});
    const before = await keysOf();
    expect(before).toHaveLength(1);
    await stage.synth(gateway('gateway', { routes: 'none' }));
    while (!stage.output.join('').includes('has new files')) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await keysOf()).toEqual(before);
  });

  it('has a key for each role that its MCP servers ask for', async () => {
    const server = {
      name: 'github',
      endpoint: { by: 'url', url: 'http://localhost:1/mcp' },
      timeoutMs: 1000,
      tools: [{ name: 'search', allowedRoles: ['reader'] }],
      otherTools: ['writer'],
      resources: ['auditor'],
      prompts: '*',
    };
    stage = await Stage.open(gateway('gateway', { toolsets: [], mcpServers: [server] }));
    const platform = await stage.start();
    const [own] = platform.gateways;
    expect([...(own?.keysByRole.keys() ?? [])]).toEqual(['auditor', 'reader', 'writer']);
    expect(banner(platform, false)).toContain('List the tools:');
  });

  it('is by another key for each gateway, and each run', async () => {
    stage = await Stage.open([...gateway('one'), ...gateway('two')]);
    const first = await stage.start();
    const second = await stage.start();
    const keys = [...first.gateways, ...second.gateways].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
  });

  it('is by the keys of the manifests if there are some; an empty Secret has none', async () => {
    const secret = (data: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'gateway-keys' }, data });
    stage = await Stage.open([...gateway(), secret({ first: Buffer.from('{}').toString('base64') })]);
    const given = await stage.start();
    expect(given.gateways[0]?.key).toBeUndefined();
    expect(banner(given, false)).toContain('-H "authorization: Bearer $AGENTYARD_API_KEY"');
    await stage.synth([...gateway(), secret({})]);
    expect((await stage.start()).gateways[0]?.key).toMatch(API_KEY_PATTERN);
  });

  it('is free for a gateway that asks for no key', async () => {
    stage = await Stage.open([
      ...gateway('gateway', { auth: { mode: 'none' } }, { volumes: [], mounts: [] }),
      ...support,
    ]);
    const platform = await stage.start();
    expect(platform.gateways[0]?.key).toBeUndefined();
    expect(banner(platform, false)).not.toContain('authorization');
    const terminal = { out: () => undefined, err: () => undefined, color: false };
    await expect(ask(platform.gateways[0]!, { text: 'hello' }, terminal)).resolves.toMatchObject({
      output: 'asked as hello: hello',
    });
  });

  it('is shown as commands that run as they stand', async () => {
    stage = await Stage.open([...gateway(), ...support, ...sandbox]);
    const platform = await stage.start();
    const lines = banner(platform, false)
      .split('\n')
      .filter((line) => line.startsWith('curl '));
    expect(lines.length).toBe(2);
    const [invoke, list] = await Promise.all(lines.map(shell));
    expect(parseValue(invokeResponse, invoke, 'answer').agent).toBe('support');
    expect(list).toMatchObject({ jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'log_store' }] } });
    const withoutKey = (lines[0] ?? '').replace(/-H 'authorization[^']*' /, '');
    expect(await shell(withoutKey)).toEqual({ code: 'auth-invalid' });
  });

  it('is shown for a route that everybody may take, and not at all without one', async () => {
    const backends = [{ agent: 'support', weight: 1 }];
    const forSome = [
      { name: 'vip', priority: 9, match: { by: 'agent', agent: 'support', callerRoles: ['vip'] }, backends },
      {
        name: 'beta',
        priority: 8,
        match: { by: 'intent', pattern: 'x', headers: [{ by: 'value', name: 'x-beta', value: '1' }] },
        backends,
      },
    ];
    const forAll = { name: 'all', priority: 1, match: { by: 'intent', pattern: 'help' }, backends };
    const shown = async (routes: readonly object[]) => {
      stage = await Stage.open(gateway('gateway', { routes }));
      return invokeLine((await stage.start()).gateways[0]!);
    };
    expect(await shown([...forSome, forAll])).toContain('"intent":"help"');
    await stage.close();
    expect(await shown(forSome)).toBeUndefined();
  });

  it.each([
    ['log|error|trace', { intent: 'log' }],
    ['^(?:what.*|error report)$', { intent: 'error report' }],
    ['it.s (a|b)', { agent: 'support' }],
  ])('is shown for a route by the intent %s', async (pattern, target) => {
    const routes = [
      { name: 'r', priority: 1, match: { by: 'intent', pattern }, backends: [{ agent: 'support', weight: 1 }] },
    ];
    stage = await Stage.open(gateway('gateway', { routes }));
    const platform = await stage.start();
    const body = /-d '(.*)'$/.exec(invokeLine(platform.gateways[0]!) ?? '')?.[1] ?? '';
    expect(JSON.parse(body)).toMatchObject(target);
  });
});
