import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

const MODULE = `
import fs from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
export async function environment() { return { ...process.env }; }
export async function where(_, { scratch, data }) { return { cwd: process.cwd(), scratch, data: { ...data }, empty: fs.readdirSync(scratch).length === 0 }; }
export async function read({ file }, { data }) { return fs.readFileSync(file.startsWith('/') ? file : path.join(data.logs, file), 'utf8'); }
export async function write({ file }, { scratch }) { const p = path.resolve(scratch, file); fs.writeFileSync(p, 'x'); return fs.readFileSync(p, 'utf8'); }
export async function start() { spawn('true'); return 'started'; }
export async function link({ file }, { scratch }) { fs.symlinkSync(file, scratch + '/l'); return fs.readFileSync(scratch + '/l', 'utf8'); }
export async function thread() { new Worker('1', { eval: true }); return 'started'; }
export async function database({ file }) { const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(':memory:').exec("ATTACH '" + file + "' AS other; CREATE TABLE other.x(a)"); return 'written'; }
export async function change(_, { data }) { data.logs = '/'; return 'changed'; }
`;

const tools = [...MODULE.matchAll(/export async function (\w+)/g)].map((match) => ({
  name: match[1] ?? '',
  module: 'm.mjs',
}));

describe('what a tool sees', () => {
  let sandbox: SandboxFixture;

  const call = async (name: string, input: Record<string, unknown> = {}) =>
    (await sandbox.connect()).callTool({ name, arguments: input });
  const refusal = async (name: string, input?: Record<string, unknown>) => {
    const result = await call(name, input);
    expect(result.isError).toBe(true);
    return textOf(result);
  };

  beforeAll(async () => {
    sandbox = await SandboxFixture.create();
    await writeFile(path.join(sandbox.root, 'logs/a.log'), 'a line');
    await mkdir(path.join(sandbox.root, 'logs-of-others'));
    await writeFile(path.join(sandbox.root, 'logs-of-others/b.log'), 'secret');
    sandbox.setVariable('SANDBOX_TEST_CANARY', 'secret');
    sandbox.setVariable('SANDBOX_TEST_DECLARED', 'yes');
    sandbox.setVariable('NODE_OPTIONS', '--no-warnings');
    await sandbox.write(
      { modules: { 'm.mjs': MODULE }, tools },
      { environment: ['SANDBOX_TEST_DECLARED', 'SANDBOX_TEST_ABSENT'] },
    );
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  afterAll(() => sandbox.close());

  it('is an environment of its own, with the declared variables', async () => {
    const { structuredContent } = await call('environment');
    const seen = structuredContent as Record<string, string>;
    expect(
      Object.keys(seen)
        .filter((name) => !['LANG', 'TZ'].includes(name))
        .sort(),
    ).toEqual(['AGENTYARD_CALL', 'HOME', 'PATH', 'SANDBOX_TEST_DECLARED', 'TMPDIR']);
    expect(seen.SANDBOX_TEST_DECLARED).toBe('yes');
    expect(seen.HOME).toBe(seen.TMPDIR);
  });

  it('is an empty scratch folder, which is where it runs, and the data roots by name', async () => {
    const first = (await call('where')).structuredContent as Record<string, unknown>;
    const second = (await call('where')).structuredContent as Record<string, unknown>;
    expect(first).toMatchObject({ empty: true, cwd: first.scratch, data: { logs: path.join(sandbox.root, 'logs') } });
    expect(second.scratch).not.toBe(first.scratch);
  });

  it('is the data, and nothing beside it', async () => {
    expect(textOf(await call('read', { file: 'a.log' }))).toBe('a line');
    for (const file of ['../logs-of-others/b.log', '../toolset.json', '/etc/passwd', `/proc/${process.pid}/environ`]) {
      expect(await refusal('read', { file })).toContain('Access to this API has been restricted');
    }
  });

  it('can be written in the scratch folder alone', async () => {
    expect(textOf(await call('write', { file: 'x' }))).toBe('x');
    for (const file of ['../x', path.join(sandbox.root, 'logs/x'), path.join(sandbox.root, 'tools/m.mjs')]) {
      expect(await refusal('write', { file })).toContain('Access to this API has been restricted');
    }
  });

  it('cannot be widened by a symbolic link, a process, a thread or the context', async () => {
    expect(await refusal('link', { file: '/etc/passwd' })).toContain('fs.symlink');
    expect(await refusal('start')).toContain('Access to this API has been restricted');
    expect(await refusal('thread')).toContain('Access to this API has been restricted');
    expect(await refusal('change')).toContain('read only');
  });

  it('cannot be widened by a database, which would open files past the permissions', async () => {
    expect(await refusal('database', { file: path.join(sandbox.root, 'logs/x.db') })).toContain('node:sqlite');
  });
});
