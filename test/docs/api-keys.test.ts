import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { API_KEY_PATTERN, apiKeyDocument, parseDocument } from 'agentyard/contract';

const page = readFileSync(path.join(__dirname, '../../docs/api-keys.md'), 'utf8');

describe('docs/api-keys.md', () => {
  it('has code that makes a key, and the document that the gateway reads', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'api-key-'));
    try {
      const code = /```js\n([^]*?)```/.exec(page)?.[1] ?? '';
      const key = execFileSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8' }).trim();
      const [file = ''] = readdirSync(folder);
      const document = parseDocument(apiKeyDocument, readFileSync(path.join(folder, file), 'utf8'));
      expect(API_KEY_PATTERN.exec(key)?.[1]).toBe(document.id);
      expect(document.sha256).toBe(createHash('sha256').update(key).digest('hex'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
