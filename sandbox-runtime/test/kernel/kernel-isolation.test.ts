import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createLogger, Health, Metrics } from '@agentyard/runtime-kit';
import { ISOLATION_LAYERS, parseDocument, toolsetDocument, USUAL_LAYERS } from 'agentyard/contract';
import { readFile } from 'node:fs/promises';
import { KernelIsolation } from '../../src/kernel-isolation.js';
import { startSandbox } from '../../src/index.js';
import { SandboxFixture, textOf } from '../sandbox-fixture.js';
import { itWithLandlock, landlockVersion } from './kernel-fixture.js';

const tools = [{ name: 'fine', module: 'm.mjs' }];
const metricsPort = { listen: { port: 8080, metricsPort: 9090 } };
const modules = { 'm.mjs': `export async function fine() { return 'fine'; }` };

describe('isolation by the kernel', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
    await sandbox.write({ modules, tools }, metricsPort);
  });
  afterEach(() => sandbox.close());

  /** A sandbox as in a cluster: without the overlay of a developer's machine. */
  const inCluster = async () => {
    const document = parseDocument(toolsetDocument, await readFile(path.join(sandbox.root, 'toolset.json'), 'utf8'));
    const lines: Record<string, unknown>[] = [];
    const log = createLogger(
      { component: 'sandbox', name: 'bench', namespace: 'tests' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const [health, metrics] = [new Health(), new Metrics()];
    const context = { document, log, health, metrics, overlay: undefined };
    const parts = await startSandbox(context as unknown as Parameters<typeof startSandbox>[0], sandbox.childProgram);
    while (health.reasons().join().includes('being checked')) await new Promise((resolve) => setTimeout(resolve, 5));
    await parts.close?.();
    return { reasons: health.reasons(), line: lines.find(({ event }) => event === 'isolation'), metrics };
  };
  const findings = { noNewPrivileges: true, seccomp: true, landlockVersion: 4, scopes: false };
  const isolation = (requiredLayers: readonly (typeof ISOLATION_LAYERS)[number][], found = findings) =>
    new KernelIsolation({ network: false, requiredLayers: [...requiredLayers] }, found, {} as never, undefined);

  itWithLandlock(6)('uses all layers of this kernel, and says so', async () => {
    const { reasons, line, metrics } = await inCluster();
    expect(reasons).toEqual([]);
    expect(line).toMatchObject({ level: 'info', active: [...ISOLATION_LAYERS], inactive: [] });
    expect(line?.landlockVersion).toBe(landlockVersion());
    const [gauge] = metrics.labelledGauges;
    expect([gauge?.name, gauge?.label]).toEqual(['agentyard_sandbox_isolation_layers', 'layer']);
    expect([...(gauge?.read() ?? [])]).toEqual(ISOLATION_LAYERS.map((layer) => [layer, 1]));
  });

  it('is not ready where the launcher cannot be run, and names what is missing, and the remedy', async () => {
    await chmod(path.join(sandbox.root, 'dist', `launcher-${process.arch}`), 0o644);
    const { reasons, line } = await inCluster();
    expect(reasons).toEqual([
      'isolation-missing: no-new-privileges, seccomp, landlock-files required, active none: the launcher could not be run ' +
        '(EACCES). Use nodes whose kernel has it, or say what is enough: Isolation.standard({ requiredLayers }), Isolation.runtimeClass',
    ]);
    expect(line).toMatchObject({ level: 'error', active: [], fault: reasons[0] });
  });

  it('is not ready with a launcher that does something else', async () => {
    await writeFile(path.join(sandbox.root, 'dist', `launcher-${process.arch}`), '#!/bin/sh\nexit 0\n');
    expect((await inCluster()).reasons[0]).toContain('the launcher gave 0 bytes instead of 8');
  });

  it('has no code of tools run where a layer is missing', async () => {
    const eager = { 'm.mjs': `process.kill(${process.pid}, 'SIGUSR2'); ${modules['m.mjs']}` };
    await sandbox.write({ modules: eager, tools });
    await rm(path.join(sandbox.root, 'dist', `launcher-${process.arch}`));
    const signals: unknown[] = [];
    const note = (name: unknown) => void signals.push(name);
    process.on('SIGUSR2', note);
    expect((await inCluster()).reasons).toHaveLength(1);
    process.off('SIGUSR2', note);
    expect(signals).toEqual([]);
  });

  it('is left out on a developer’s machine that has none, where tools run all the same', async () => {
    await rm(path.join(sandbox.root, 'dist', `launcher-${process.arch}`));
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    const client = await sandbox.connect();
    expect(textOf(await client.callTool({ name: 'fine', arguments: {} }))).toBe('fine');
    expect(await sandbox.metrics()).toContain('agentyard_sandbox_isolation_layers{layer="seccomp"} 0');
  });

  it('is as the kernel has it where the document requires nothing', async () => {
    await sandbox.write({ modules, tools }, { isolation: { requiredLayers: [] } });
    await rm(path.join(sandbox.root, 'dist', `launcher-${process.arch}`));
    const { reasons, line } = await inCluster();
    expect(reasons).toEqual([]);
    expect(line).toMatchObject({ level: 'warn', inactive: [...ISOLATION_LAYERS] });
  });

  it('requires what holds on every kernel that clouds offer, and not what is newer', () => {
    expect(USUAL_LAYERS).toEqual(['no-new-privileges', 'seccomp', 'landlock-files']);
    expect(isolation(USUAL_LAYERS).fault).toBeUndefined();
    expect(isolation([...USUAL_LAYERS, 'landlock-scopes']).fault).toContain(
      'isolation-missing: landlock-scopes required, active no-new-privileges, seccomp, landlock-files.',
    );
    const old = { ...findings, landlockVersion: 0 };
    expect(isolation(USUAL_LAYERS, old).fault).toContain('isolation-missing: landlock-files required');
    expect(isolation(['no-new-privileges', 'seccomp'], old).fault).toBeUndefined();
  });
});
