import type { Change, Sign } from './change.js';
import type { Difference } from './difference.js';

export const FORMATS = ['text', 'markdown', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** A difference in words. */
export function report(difference: Difference, format: Format): string {
  switch (format) {
    case 'text':
      return text(difference);
    case 'markdown':
      return markdown(difference);
    case 'json':
      return `${JSON.stringify({ widened: difference.widened, changes: difference.changes }, undefined, 2)}\n`;
  }
}

function text(difference: Difference): string {
  const places = byPlace(difference.changes).map(
    ([place, changes]) =>
      `${place}\n${changes.map(({ sign, text: words }) => `  ${sign} ${oneLine(words)}\n`).join('')}`,
  );
  return [...places, `${summary(difference)}\n`].join('\n');
}

function markdown(difference: Difference): string {
  const head = difference.widened
    ? '### Agentyard: this change permits more'
    : '### Agentyard: nothing is newly permitted';
  const places = byPlace(difference.changes).flatMap(([place, changes]) => [
    `**${escaped(place)}**`,
    '',
    ...changes.map(({ sign, text: words }) => `- \`${sign}\` ${escaped(oneLine(words))}`),
    '',
  ]);
  return [
    head,
    '',
    `${summary(difference)}`,
    '',
    ...places,
    '`+` permits more, `-` takes away, `~` changes otherwise',
    '',
  ].join('\n');
}

function summary(difference: Difference): string {
  const { changes } = difference;
  if (changes.length === 0) return 'No difference.';
  const count = (sign: Sign, words: string) => `${difference.count(sign)} ${words}`;
  const counts = `${count('+', 'permit more')}, ${count('-', 'take away')}, ${count('~', 'change otherwise')}.`;
  const unjudged = changes.filter(({ text: words }) => /^(changed|added|removed), not judged/.test(words)).length;
  return unjudged === 0 ? counts : `${counts} Not judged: ${unjudged}.`;
}

function byPlace(changes: readonly Change[]): [place: string, changes: Change[]][] {
  const places = new Map<string, Change[]>();
  for (const change of changes) places.set(change.place, [...(places.get(change.place) ?? []), change]);
  return [...places];
}

/** Names in manifests may hold anything; a line stays one. */
function oneLine(words: string): string {
  return words.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text that Markdown takes for nothing but text, and that mentions nobody. */
function escaped(words: string): string {
  return words.replace(/[\\`*_{}[\]<>()#+!|~&@:]/g, (character) => `&#${character.charCodeAt(0)};`);
}
