import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROBLEMS } from 'agentyard/contract';
import { ERROR_CODES, WARNING_CODES } from '../../lib/errors/codes';

const text = readFileSync(path.join(__dirname, '../../docs/errors.md'), 'utf8');
const section = (title: string): string => text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
const rows = (title: string): string[][] =>
  section(title)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('docs/errors.md', () => {
  it.each([
    ['Errors of synthesis', ERROR_CODES],
    ['Warnings of synthesis', WARNING_CODES],
  ])('%s: every code with its meaning, and no other', (title, codes) => {
    const documented = rows(title).map(([code, meaning]) => [code, meaning]);
    expect(documented).toEqual(Object.entries(codes).map(([code, meaning]) => [`\`${code}\``, meaning]));
    for (const row of rows(title)) expect(row[2]).not.toBe('');
  });

  it('Problems over HTTP: every code with its status and title, and no other', () => {
    expect(rows('Problems over HTTP').map((row) => row.slice(0, 3))).toEqual(
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]),
    );
  });
});
