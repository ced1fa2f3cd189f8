import type { Terminal } from '../dev/terminal.js';
import { titleOf, type EntryChanges, type SecretPlace } from './key-secret.js';
import type { NewKey } from './new-key.js';
import { inWords, printedSecret } from './printed-secret.js';

/** The kubelet updates mounted Secrets 60 to 90 s after they have changed. */
export const KNOWN_AFTER = 'within 90 s';

/** Prints a key once, alone on standard output, so that it can be piped. @param done what has become of its hash */
export function tellOfKey({ key, document }: NewKey, done: string, terminal: Terminal): void {
  terminal.err(
    `API key ${document.id} for ${inWords(document)}: ${done}.\nGateways know it ${KNOWN_AFTER}. It is shown this once:\n`,
  );
  terminal.out(`${key}\n`);
}

/** Prints a manifest on standard output, and the key beside it on standard error. */
export function tellOfPrintedKey(
  { key, document }: NewKey,
  place: SecretPlace,
  changes: EntryChanges,
  terminal: Terminal,
): void {
  terminal.out(printedSecret(place, changes));
  terminal.err(
    `API key ${document.id} for ${inWords(document)}. It is shown this once and stands in no manifest:\n\n  ${key}\n\n` +
      `Merge the entries into the manifest of the ${titleOf(place)}. Gateways know them ${KNOWN_AFTER} after it is applied.\n`,
  );
}
