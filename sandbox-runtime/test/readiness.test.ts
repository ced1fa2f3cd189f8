import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CodeCheck } from '../src/code-check.js';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

const PAIR = `export async function one() { return '1'; } export async function two() { return '2'; } export const three = 3;`;
const one = { name: 'one', module: 'pair.mjs' };
const two = { name: 'two', module: 'pair.mjs' };

describe('readiness of a sandbox', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
  });

  afterEach(() => sandbox.close());

  it('is given when every module is the declared one and exports exactly its tools', async () => {
    await sandbox.write({ modules: { 'pair.mjs': PAIR }, tools: [one, two] });
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  it.each([
    [
      'a declared tool is missing',
      { modules: { 'pair.mjs': PAIR }, tools: [one, two, { name: 'three', module: 'pair.mjs' }] },
      ['tool "three" is declared, but pair.mjs exports no function of that name'],
    ],
    [
      'a function is not declared',
      { modules: { 'pair.mjs': PAIR }, tools: [one] },
      ['pair.mjs exports the function "two", which is not declared as a tool'],
    ],
    [
      'the content is another',
      { modules: { 'pair.mjs': PAIR }, tools: [{ ...one, sha256: '0'.repeat(64) }, two] },
      ['pair.mjs is not the declared file: its SHA-256 differs'],
    ],
    ['the file is missing', { modules: {}, tools: [one, two] }, ['pair.mjs cannot be read']],
    [
      'the module throws',
      { modules: { 'pair.mjs': "throw new Error('no ' + import.meta.dirname)" }, tools: [one] },
      ['pair.mjs cannot be loaded: no <tools>'],
    ],
    [
      'the module ends the process',
      { modules: { 'pair.mjs': 'process.exit(7)' }, tools: [one] },
      ["pair.mjs cannot be loaded. The tool's process failed: it exited with code 7 before it returned a result."],
    ],
    [
      'one module of two is wrong',
      { modules: { 'pair.mjs': PAIR, 'other.mjs': '' }, tools: [one, two, { name: 'four', module: 'other.mjs' }] },
      ['tool "four" is declared, but other.mjs exports no function of that name'],
    ],
  ])('is refused when %s, and no tool can be called', async (_, source, reasons) => {
    await sandbox.write(source);
    expect(await sandbox.start()).toEqual({ ready: false, reasons });
    const result = await (await sandbox.connect()).callTool({ name: 'one', arguments: {} });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toBe(`The toolset bench is not ready: ${reasons.join('; ')}.`);
  });

  it('is refused with a reason when the code cannot be checked', async () => {
    await sandbox.write({ modules: { 'pair.mjs': PAIR }, tools: [] });
    const directory = path.join(sandbox.root, 'tools');
    const sha256 = createHash('sha256').update(PAIR).digest('hex');
    const allowedRoles = '*' as const;
    const tool = { ...one, description: 'A tool.', allowedRoles, sha256, inputSchema: { type: 'object' as const } };
    const code = new CodeCheck(directory, [tool], () => {});
    await expect(code.run(() => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect(code.problems).toEqual(['the code of the tools could not be checked']);
  });

  it('is withdrawn when a module changes later, and the new content is not run', async () => {
    await sandbox.write({ modules: { 'pair.mjs': PAIR }, tools: [one, two] });
    await sandbox.start();
    const client = await sandbox.connect();
    expect(textOf(await client.callTool({ name: 'one', arguments: {} }))).toBe('1');
    await writeFile(path.join(sandbox.root, 'tools/pair.mjs'), PAIR.replace("'1'", "'other'"));
    const result = await client.callTool({ name: 'one', arguments: {} });
    expect(textOf(result)).toBe('The file pair.mjs is no longer the declared one and was not run.');
    const probe = await fetch(`${sandbox.address}/readyz`);
    expect(probe.status).toBe(503);
    expect(await probe.json()).toMatchObject({ reasons: ['pair.mjs is not the declared file: its SHA-256 differs'] });
  });
});

describe('a document that a sandbox cannot act on', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
  });

  afterEach(() => sandbox.close());

  const faults = async () => {
    const refused = await sandbox.start().then(
      () => ({ faults: [] }),
      (error: unknown) => error as { faults: { path: string; message: string }[] },
    );
    return refused.faults.map(({ path: at, message }) => `${at} ${message}`);
  };

  it('stops it, naming every schema that does not compile', async () => {
    const tools = [
      { ...one, inputSchema: { type: 'object' as const, properties: { 'a b': { type: 'strng' } } } },
      { ...two, outputSchema: { type: 'object' as const, $ref: '#/$defs/absent' } },
      {
        name: 'four',
        module: 'pair.mjs',
        inputSchema: { type: 'object' as const, properties: { a: { pattern: '(' } } },
      },
    ];
    await sandbox.write({ modules: { 'pair.mjs': PAIR }, tools });
    const found = await faults();
    expect(found.map((fault) => fault.split(' must')[0]?.split(': ')[0])).toEqual(
      expect.arrayContaining([
        '$.tools[0].inputSchema.properties["a b"].type',
        '$.tools[1].outputSchema does not compile',
      ]),
    );
    expect(found.some((fault) => fault.startsWith('$.tools[2].inputSchema'))).toBe(true);
  });

  it('stops it, naming every path and variable that cannot be used', async () => {
    await writeFile(path.join(sandbox.root, 'file'), '');
    await sandbox.write(
      { modules: { 'pair.mjs': PAIR }, tools: [one, two] },
      {
        toolsDirectory: path.join(sandbox.root, 'absent'),
        data: [{ name: 'logs', path: path.join(sandbox.root, 'file') }],
        environment: ['LANGUAGE', 'NODE_OPTIONS', 'LD_PRELOAD'],
      },
    );
    expect(await faults()).toEqual([
      '$.environment[1] NODE_OPTIONS would change how tools are confined; remove it',
      '$.environment[2] LD_PRELOAD would change how tools are confined; remove it',
      '$.toolsDirectory cannot be used (ENOENT)',
      '$.data[0].path must be a directory',
    ]);
  });

  it('stops it when a path has a wildcard in it', async () => {
    const wild = path.join(sandbox.root, 'logs*');
    await rm(path.join(sandbox.root, 'logs'), { recursive: true });
    await mkdir(wild);
    await sandbox.write({ modules: { 'pair.mjs': PAIR }, tools: [one, two] }, { data: [{ name: 'logs', path: wild }] });
    expect(await faults()).toEqual(['$.data[0].path must not contain "*"']);
  });
});
