import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    expect(() => bundleDirectory(folder)).toThrow(/\[TOOL_BUNDLE_FAILED\]/);
    rmSync(folder, { recursive: true, force: true });
  });
});
