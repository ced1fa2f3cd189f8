import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const COMMAND = path.join(ROOT, 'cli/test/fixtures/dev.mjs');
const MANIFESTS = path.join(ROOT, 'test/apps/golden/fabric-generic-proxy');
const PICTURE = path.join(ROOT, 'docs/pictures/fabric.svg');
const PAGE = path.join(ROOT, 'docs/network.md');
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const CHART = /```mermaid\n([^]*?)```/;

/** What the command draws of apps/fabric.ts with a hosted provider. */
function drawn(format: string): string {
  const args = [COMMAND, 'graph', MANIFESTS, '--format', format];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return execFileSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
}

describe('the picture of apps/fabric.ts', () => {
  it('is what the command draws', () => {
    const picture = drawn('svg');
    if (UPDATE) writeFileSync(PICTURE, picture);
    expect(readFileSync(PICTURE, 'utf8')).toBe(picture);
  });

  it('is in docs/network.md as Mermaid, as the command draws it', () => {
    const chart = drawn('mermaid');
    const page = readFileSync(PAGE, 'utf8');
    if (UPDATE)
      writeFileSync(
        PAGE,
        page.replace(CHART, () => `\`\`\`mermaid\n${chart}\`\`\``),
      );
    expect(CHART.exec(readFileSync(PAGE, 'utf8'))?.[1]).toBe(chart);
  });
});
