import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

describe('the README', () => {
  it('links to files that are there', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`),
    ];
    const dead = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
          .map(([, target]) => path.join(path.dirname(page), target ?? ''))
          .filter((target) => !existsSync(path.join(ROOT, target)))
          .map((target) => `${page} -> ${target}`),
      );
    expect(dead).toEqual([]);
  });

  it('names only npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const text = readme + readFileSync(path.join(ROOT, 'CONTRIBUTING.md'), 'utf8');
    const named = [
      ...text.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|lint|format|build|generate)\b(?::\w+)?/g),
    ].map(([, script]) => script ?? '');
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});
