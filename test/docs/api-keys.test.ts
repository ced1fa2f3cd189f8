import { readFileSync } from 'node:fs';
import path from 'node:path';
import { apiKeyDocument, parseDocument } from 'agentyard/contract';
import { keysCommand } from '../../cli/src/keys/command';

const page = readFileSync(path.join(__dirname, '../../docs/api-keys.md'), 'utf8');

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text ?? '');
/** The words after `agentyard keys` of each command that the page shows. */
const commands = blocks('sh').flatMap((text) =>
  [...text.matchAll(/npx agentyard keys ([^)\n]+)/g)].map(([, words = '']) => words.trim().split(/ +/)),
);

describe('docs/api-keys.md', () => {
  it.each(commands.map((words) => [words.join(' '), words] as const))(
    'shows a command that is there: %s',
    async (_, words) => {
      const command = keysCommand();
      let ran = '';
      for (const one of command.commands) one.exitOverride().action(() => void (ran = one.name()));
      await command.parseAsync(words, { from: 'user' });
      expect(ran).toBe(words[0]);
    },
  );

  it('shows every command', () => {
    const shown = new Set(commands.map(([verb]) => verb));
    expect([...shown].sort()).toEqual(
      keysCommand()
        .commands.map((command) => command.name())
        .sort(),
    );
  });

  it('has every option with the commands that take it, and no other', () => {
    const [, rows = ''] = /^\| option .*\n\| -.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
    const documented = rows.split('\n').flatMap((row) => {
      const [, options = '', verbs = ''] = row.split('|');
      const names = [...options.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
      return names.flatMap((name) =>
        verbs
          .trim()
          .split(', ')
          .map((verb) => `${verb} ${name}`),
      );
    });
    const there = keysCommand().commands.flatMap((command) =>
      command.options.map(({ long }) => `${command.name()} ${long}`),
    );
    expect(documented.sort()).toEqual(there.sort());
  });

  it('shows a document that the gateway reads', () => {
    const [text = ''] = blocks('json');
    expect(parseDocument(apiKeyDocument, text)).toEqual(JSON.parse(text));
  });
});
