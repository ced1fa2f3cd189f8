import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

/** What an image has: an entry module, code beside it, and packages of both kinds. */
const FILES = {
  'dist/index.js': `
    import { suffix } from './own.js';
    import { double } from 'modern';
    import { triple } from 'legacy';
    export const mark = (_, { scratch }) => double(triple('a')) + suffix;
    export async function peek({ file }) { return (await import('node:fs')).readFileSync(file, 'utf8'); }`,
  'dist/own.js': `export const suffix = '!';`,
  'package.json': '{ "type": "module" }',
  'node_modules/modern/package.json': '{ "name": "modern", "type": "module", "exports": "./index.js" }',
  'node_modules/modern/index.js': 'export const double = (text) => text + text;',
  'node_modules/@scope/legacy/package.json': '{ "name": "legacy", "main": "main.js" }',
  'node_modules/@scope/legacy/main.js': 'exports.triple = (text) => text.repeat(3);',
};
const tools = ['mark', 'peek'].map((name) => ({ name, module: 'dist/index.js', sha256: undefined }));

describe('tools of an image, whose hash no document has', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
    await sandbox.write({ modules: FILES, tools });
    await symlink('@scope/legacy', at('node_modules/legacy'));
  });

  afterEach(() => sandbox.close());

  const at = (file: string) => path.join(sandbox.root, 'tools', file);
  const call = async (name: string, input: object = {}) =>
    (await sandbox.connect()).callTool({ name, arguments: { ...input } });

  it('run with all that is beside them, packages and links among it included', async () => {
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    expect(textOf(await call('mark'))).toBe('aaaaaa!');
    expect(textOf(await call('peek', { file: at('dist/own.js') }))).toBe(FILES['dist/own.js']);
  });

  it('may be the whole of several modules in folders', async () => {
    const modules = { ...FILES, 'other/deep/one.mjs': "export const one = () => '1';" };
    await sandbox.write({
      modules,
      tools: [...tools, { name: 'one', module: 'other/deep/one.mjs', sha256: undefined }],
    });
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    expect(textOf(await call('one'))).toBe('1');
  });

  it('see nothing beside their directory', async () => {
    await sandbox.start();
    const result = await call('peek', { file: path.join(sandbox.root, 'toolset.json') });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('Access to this API has been restricted');
  });

  it.each([
    ['a file of the pod', () => path.join(sandbox.root, 'toolset.json')],
    ['the environment of the runtime', () => '/proc/1/environ'],
    ['what is not there yet', () => '/nowhere'],
    ['the folder above', () => '../../..'],
  ])('are not ready beside a link to %s', async (_, target) => {
    await symlink(target(), at('node_modules/modern/escape'));
    const message = 'is a symbolic link that leads out of the directory of the tools, or to nothing';
    expect(await sandbox.start()).toEqual({ ready: false, reasons: [`node_modules/modern/escape ${message}`] });
    expect((await call('mark')).isError).toBe(true);
  });

  it('are not ready if the entry module itself leads elsewhere', async () => {
    await rename(at('dist/own.js'), path.join(sandbox.root, 'own.js'));
    await symlink(path.join(sandbox.root, 'own.js'), at('dist/own.js'));
    const { ready, reasons } = await sandbox.start();
    expect(ready).toBe(false);
    expect(reasons.join()).toContain('dist/own.js is a symbolic link');
  });

  it('are not ready if the module exports others than are declared', async () => {
    await sandbox.write({
      modules: FILES,
      tools: [...tools.slice(0, 1), { ...tools[1], name: 'poke', module: 'dist/index.js' }],
    });
    expect(await sandbox.start()).toEqual({
      ready: false,
      reasons: [
        'tool "poke" is declared, but dist/index.js exports no function of that name; ' +
          'dist/index.js exports the function "peek", which is not declared as a tool',
      ],
    });
  });

  it('are not ready without the directory', async () => {
    await rm(at('dist'), { recursive: true });
    await mkdir(at('dist'));
    expect(await sandbox.start()).toEqual({ ready: false, reasons: ['dist/index.js cannot be read'] });
  });

  it('are those that were there at the start: another content later is not run', async () => {
    await sandbox.write({ modules: FILES, tools }, { limits: { warmProcesses: 0 } });
    await sandbox.start();
    await writeFile(at('dist/index.js'), FILES['dist/index.js'].replace('+ suffix', "+ '?'"));
    const result = await call('mark');
    expect(textOf(result)).toBe('The file dist/index.js is no longer the declared one and was not run.');
    const { reasons } = (await (await fetch(`${sandbox.address}/readyz`)).json()) as { reasons: string[] };
    expect(reasons).toEqual(['dist/index.js is not the declared file: its SHA-256 differs']);
  });
});
