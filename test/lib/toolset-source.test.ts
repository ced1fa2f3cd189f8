import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleDirectory } from '../../lib/synth/toolset-source';
import { GREETING_TOOLS } from '../constructs/program';

describe('bundleDirectory', () => {
  it('makes one self-contained file per module, with its hash', async () => {
    const { tools, modules } = bundleDirectory(GREETING_TOOLS);
    expect(Object.keys(modules)).toEqual(['greet.mjs']);
    const text = modules['greet.mjs'] ?? '';
    expect(text).not.toMatch(/from ['"]\./);
    expect(tools[0]?.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
    writeFileSync(path.join(folder, 'greet.mjs'), text);
    const module = (await import(path.join(folder, 'greet.mjs'))) as {
      greet: (person: { name: string }) => Promise<string>;
    };
    rmSync(folder, { recursive: true, force: true });
    expect(await module.greet({ name: 'Ada' })).toBe('Hello, Ada');
  });

  it('gives the same bytes every time, wherever it is called from', () => {
    const before = process.cwd();
    const first = bundleDirectory(GREETING_TOOLS);
    process.chdir(tmpdir());
    try {
      expect(bundleDirectory(GREETING_TOOLS)).toEqual(first);
    } finally {
      process.chdir(before);
    }
  });

  it('refuses two modules whose files would have one name', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
    const tool = (name: string, module: string) => ({
      name,
      description: 'X.',
      inputSchema: { type: 'object' },
      module,
    });
    const tools = [tool('a', 'a.ts'), tool('b', 'a.js')];
    writeFileSync(
      path.join(folder, 'toolset.manifest.json'),
      JSON.stringify({ kind: 'ToolsetManifest', version: 1, tools }),
    );
    for (const file of ['a.ts', 'a.js'])
      writeFileSync(path.join(folder, file), 'export const a = () => 1; export const b = a;');
    expect(() => bundleDirectory(folder)).toThrow(
      /\[TOOL_BUNDLE_FAILED\].*"a.ts" and "a.js" would both be bundled to a.mjs/,
    );
    rmSync(folder, { recursive: true, force: true });
  });

  it('bundles CommonJS packages that require modules of Node.js, beside a require of the tool itself', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
    const files = {
      'toolset.manifest.json': JSON.stringify({
        kind: 'ToolsetManifest',
        version: 1,
        tools: [{ name: 'a', description: 'X.', inputSchema: { type: 'object' }, module: 'a.ts' }],
      }),
      'node_modules/legacy/package.json': '{ "name": "legacy", "version": "1.0.0", "main": "index.js" }',
      'node_modules/legacy/index.js': "const path = require('path'); exports.base = (p) => path.basename(p);",
      'a.ts':
        "import { createRequire } from 'node:module'; import { base } from 'legacy';" +
        "const require = createRequire(import.meta.url); export const a = () => base('/x/y') + require('path').sep;",
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    writeFileSync(path.join(folder, 'a.mjs'), bundleDirectory(folder).modules['a.mjs'] ?? '');
    const module = (await import(path.join(folder, 'a.mjs'))) as { a: () => string };
    rmSync(folder, { recursive: true, force: true });
    expect(module.a()).toBe('y/');
  });
});
