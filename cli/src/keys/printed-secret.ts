import { Document, isMap, isScalar } from 'yaml';
import type { ApiKeyDocument } from 'agentyard/contract';
import { printable } from '../dev/log-line.js';
import { secretObject, type EntryChanges, type SecretPlace } from './key-secret.js';

/**
 * A manifest of a Secret with nothing but some entries, to be merged into the one of a repository. The entries are in
 * `data`, since kubectl does not remove what leaves `stringData`; what they say stands beside them.
 */
export function printedSecret(place: SecretPlace, changes: EntryChanges): string {
  const document = new Document(secretObject(place, changes), { version: '1.1' });
  const data = document.get('data', true);
  for (const { key } of isMap(data) ? data.items : []) {
    if (!isScalar(key)) continue;
    const entry = changes[String(key.value)];
    key.commentBefore = ` ${entry ? inWords(entry) : 'removed'}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** What a key gives, on one line. */
export function inWords({ user, roles, expiresAt }: ApiKeyDocument): string {
  const held = roles.length === 0 ? 'without roles' : `with ${roles.join(', ')}`;
  const end = expiresAt === undefined ? 'without an end' : `until ${expiresAt}`;
  // Other line separators end a comment of YAML, too.
  return printable(`${user} ${held}, ${end}`).replace(/[\p{Zl}\p{Zp}]/gu, ' ');
}
