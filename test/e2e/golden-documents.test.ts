import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { TestCluster, TestGateway } from '../../runtime-kit/test/identity-fixture';
import { bundleDirectory } from '../../lib/synth/toolset-source';
import { goldenDocument } from '../contract/golden';
import { RUNTIMES } from './local-program';

const TOOLS = path.join(__dirname, '../../examples/log-analysis/tools');

/** Each runtime, started alone from the golden document, byte for byte, and the mounts that its pod would have. */
describe.each([
  ['gateway', 'gateway'],
  ['agent', 'agent'],
  ['sandbox', 'toolset'],
] as const)('the %s runtime', (runtime, name) => {
  let folder: string;
  let child: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'golden-'));
  });
  afterEach(async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const directory = (mount: string): string => {
    const local = path.join(folder, mount);
    mkdirSync(local, { recursive: true });
    return local;
  };

  /** What the trust job and the kubelet would have written. */
  const writeIdentity = async (): Promise<void> => {
    const [cluster, signer] = [new TestCluster(), new TestGateway()];
    const keys = { cluster: { issuer: cluster.issuer, keys: [cluster.key.jwk] }, gateways: [] };
    const bundle = { kind: 'TrustBundle', version: 1, ...keys };
    const write = (mount: string, file: string, text: string) => writeFileSync(path.join(directory(mount), file), text);
    write('/etc/agentyard-trust', 'trust-bundle.json', JSON.stringify(bundle));
    write('/var/run/secrets/agentyard/signing-keys', 'signing-keys.json', JSON.stringify(signer.signingKeys()));
    for (const callee of ['log-analysis', 'support']) {
      const token = await cluster.token('caller', `agentyard:mcp-fabric-agents/${callee}`);
      write('/var/run/secrets/agentyard/tokens', `mcp-fabric-agents.${callee}`, token);
    }
  };

  /** Starts the runtime; resolves with its port, or rejects with what it printed. */
  const start = async (document: object): Promise<number> => {
    writeFileSync(path.join(directory('/etc/agentyard'), `${name}.json`), JSON.stringify(document));
    const { modules } = bundleDirectory(TOOLS);
    for (const [file, text] of Object.entries(modules))
      writeFileSync(path.join(directory('/opt/agentyard/tools'), file), text);
    const paths = [
      '/etc/agentyard',
      '/opt/agentyard/tools',
      '/tmp',
      '/data/platform-logs',
      '/data/user-logs',
      '/var/run/secrets/agentyard/api-keys',
      '/var/run/secrets/agentyard/signing-keys',
      '/var/run/secrets/agentyard/tokens',
      '/etc/agentyard-trust',
    ];
    await writeIdentity();
    const overlay = {
      listen: { host: '127.0.0.1', port: 0 },
      mounts: Object.fromEntries(paths.map((mount) => [mount, directory(mount)])),
      hostsFile: path.join(folder, 'hosts.json'),
    };
    writeFileSync(overlay.hostsFile, '{}');
    writeFileSync(path.join(folder, 'local.json'), JSON.stringify(overlay));
    const env = {
      PATH: process.env.PATH,
      AGENTYARD_DOCUMENT: `/etc/agentyard/${name}.json`,
      AGENTYARD_LOCAL: path.join(folder, 'local.json'),
    };
    child = spawn(process.execPath, [RUNTIMES[runtime]], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once('close', (code) => reject(new Error(`exit ${code}\n${errors}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const { event, port } = JSON.parse(line) as { event?: string; port?: number };
        if (event === 'listening' && port !== undefined) resolve(port);
      });
    });
  };

  it('starts from the golden document and is ready', async () => {
    const port = await start(goldenDocument(name));
    const probe = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    const checking = { status: 'not ready', reasons: ['the code of the tools is being checked'] };
    let ready = await probe('/readyz');
    while (JSON.stringify(ready) === JSON.stringify(checking)) ready = await probe('/readyz');
    expect(ready).toEqual({ status: 'ok', reasons: [] });
    expect(await probe('/healthz')).toEqual({ status: 'ok', reasons: [] });
  });

  it('refuses a broken one with every fault as a line of JSON, and exits with 78', async () => {
    const document = { ...goldenDocument(name), name: 'Not a label', surprise: true };
    const error = await start(document).then(
      () => undefined,
      (reason: Error) => reason.message,
    );
    const [exit, ...lines] = (error ?? '').trim().split('\n');
    expect(exit).toBe('exit 78');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'fatal', event: 'refused', path: '$.name' }),
      expect.objectContaining({
        level: 'fatal',
        event: 'refused',
        path: '$.surprise',
        message: 'unknown key; remove it',
      }),
    ]);
  });
});
