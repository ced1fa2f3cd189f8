import type { ApiKeyDocument } from 'agentyard/contract';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { askedExpiry, sameLength, type ExpiryFlags } from './expiry.js';
import { keyPlace, type KeyPlace, type PlaceFlags } from './key-place.js';
import { KeySecret, type EntryChanges } from './key-secret.js';
import { newKey, type NewKey } from './new-key.js';
import type { StoredKeys } from './stored-keys.js';
import { utc } from './time.js';
import { knownAfter, tellOfKey, tellOfPrintedKey } from './told-key.js';

export interface RotateOptions extends PlaceFlags, ExpiryFlags {
  readonly id: string;
  /** Time for which the old key stays valid, in ms. */
  readonly overlap: number;
  /** Whether the old key is removed at once. */
  readonly now?: boolean;
  /** Whether to print the manifest and change nothing. */
  readonly print?: boolean;
}

/** A new key in place of an old one. */
interface Rotation {
  readonly made: NewKey;
  readonly changes: EntryChanges;
  /** What becomes of the old key. */
  readonly old: string;
  /** Of the old key, if it is in a manifest, too. */
  readonly warning: string;
}

/** Makes a key for the holder of another one, which ends. @returns the exit code */
export function runRotate(options: RotateOptions, kubectl: Kubectl, terminal: Terminal, now: number): Promise<number> {
  return orTold(terminal, async () => {
    const place = await keyPlace(options);
    const secret = new KeySecret(kubectl, place.secret);
    if (options.print === true) {
      const { made, changes, old } = rotation(await secret.read(), options, place, now);
      tellOfPrintedKey(made, place, changes, terminal);
      terminal.err(`${old}.\n`);
      return 0;
    }
    const { made, old, warning } = await secret.retried(async () => {
      const stored = await secret.read();
      stored.refuseOthers();
      const rotated = rotation(stored, options, place, now);
      // Of this state alone: a key that was revoked meanwhile must not come back.
      await secret.change(rotated.changes, stored.resourceVersion);
      return rotated;
    });
    const done = `added to the ${secret.title} in the cluster of context ${await kubectl.context()}`;
    tellOfKey(made, `${done}. ${old}`, place, terminal);
    terminal.err(warning);
    return 0;
  });
}

function rotation(stored: StoredKeys, options: RotateOptions, place: KeyPlace, now: number): Rotation {
  const { name, document } = stored.key(options.id);
  const made = newKey(document, now, askedExpiry(options, now) ?? sameLength(document, now));
  const ended = options.now === true ? null : endedBy(document, now + options.overlap);
  const changes = { [made.document.id]: made.document, [name]: ended };
  const removed = `is removed; gateways refuse it ${knownAfter(place)}`;
  const old = `The old key ${document.id} ${ended === null ? removed : endOf(ended.expiresAt, now)}`;
  return { made, changes, old, warning: stored.warningOfApplied([name]) };
}

function endOf(expiresAt: string, now: number): string {
  return `${Date.parse(expiresAt) > now ? 'ends' : 'had ended'} at ${expiresAt}`;
}

/** The document with an end that is no later than a time, and no later than it was. */
function endedBy(document: ApiKeyDocument, time: number) {
  const { expiresAt } = document;
  const end = expiresAt === undefined ? time : Math.min(time, Date.parse(expiresAt));
  return { ...document, expiresAt: utc(end) };
}
