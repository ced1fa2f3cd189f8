import type { Terminal } from '../dev/terminal.js';
import type { KeyPlace } from './key-place.js';
import { titleOf, type EntryChanges } from './key-secret.js';
import type { NewKey } from './new-key.js';
import { inWords, printedSecret } from './printed-secret.js';

/**
 * When gateways know of a change: at once where they watch the Secret; else when the kubelet has updated what is mounted, which
 * takes 60 to 90 s.
 */
export function knownAfter({ known }: KeyPlace): string {
  if (known === undefined) return 'within 90 s, and within 5 s where they watch the Secret';
  return known.watches ? 'within 5 s' : 'within 90 s';
}

/** Prints a key once, alone on standard output, so that it can be piped. @param done what has become of its hash */
export function tellOfKey({ key, document }: NewKey, done: string, place: KeyPlace, terminal: Terminal): void {
  terminal.err(
    `API key ${document.id} for ${inWords(document)}: ${done}.\nGateways know it ${knownAfter(place)}. It is shown this once:\n`,
  );
  terminal.out(`${key}\n`);
}

/** Prints a manifest on standard output, and the key beside it on standard error. */
export function tellOfPrintedKey(
  { key, document }: NewKey,
  place: KeyPlace,
  changes: EntryChanges,
  terminal: Terminal,
): void {
  terminal.out(printedSecret(place.secret, changes));
  terminal.err(
    `API key ${document.id} for ${inWords(document)}. It is shown this once and stands in no manifest:\n\n  ${key}\n\n` +
      `Merge the entries into the manifest of the ${titleOf(place.secret)}. After it is applied, gateways know them ${knownAfter(place)}.\n`,
  );
}
