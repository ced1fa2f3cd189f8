import { sortedChanges, type Change } from './change.js';

/** Lines that say the same of several things say it once, of all of them. */
const LISTS: readonly RegExp[] = [
  /^(?<head>(?:container [^:]*: )?)variable (?<name>\S+): (?<tail>added|removed|changed)$/,
  /^(?<head>)object (?<name>\S+): (?<tail>(?:added|removed)(?:, not judged, and may permit more)?)$/,
];

/** All changes in order, those that belong in one line joined. */
export function joinedChanges(changes: readonly Change[]): Change[] {
  const joined = new Map<string, { change: Change; names: string[]; subjects: string[] }>();
  const others: Change[] = [];
  for (const change of sortedChanges(changes)) {
    const parts = LISTS.map((list) => list.exec(change.text)?.groups).find((groups) => groups !== undefined);
    if (parts === undefined) {
      others.push(change);
      continue;
    }
    const { head = '', name = '', tail = '' } = parts;
    const key = JSON.stringify([change.sign, change.group, change.place, head, tail]);
    const one = joined.get(key) ?? { change: { ...change, text: `${head}${tail}: ` }, names: [], subjects: [] };
    one.names.push(name);
    one.subjects.push(change.subject);
    joined.set(key, one);
  }
  const lists = [...joined.values()].map(({ change, names, subjects }) => ({
    ...change,
    subject: subjects.join(', '),
    text: `${change.text}${change.subject.includes('variable ') ? plural('variable', names) : ''}${names.join(', ')}`,
  }));
  return sortedChanges([...others, ...lists]);
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length > 1 ? 's' : ''} `;
}
