import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { keyPlace, type PlaceFlags } from './key-place.js';
import { KeySecret, titleOf, type EntryChanges } from './key-secret.js';
import { printedSecret } from './printed-secret.js';
import { knownAfter } from './told-key.js';

export interface RevokeOptions extends PlaceFlags {
  /** Ids of the keys, or names of their entries. */
  readonly ids: readonly string[];
  /** Whether to print what to remove and touch no cluster. */
  readonly print?: boolean;
}

/** Removes keys from the Secret, all of them or none. @returns the exit code */
export function runRevoke(options: RevokeOptions, kubectl: Kubectl, terminal: Terminal): Promise<number> {
  return orTold(terminal, async () => {
    const place = await keyPlace(options);
    if (options.print === true) {
      terminal.out(printedSecret(place.secret, removal(options.ids)));
      const entries = options.ids.map((id) => `data.${id}`).join(', ');
      terminal.err(
        `Remove ${entries} from the manifest of the ${titleOf(place.secret)}, or merge this patch into it; an entry of ` +
          `another name than its key's id is removed by its own. After it is applied, gateways refuse the keys ${knownAfter(place)}.\n`,
      );
      return 0;
    }
    const secret = new KeySecret(kubectl, place.secret);
    const stored = await secret.read();
    stored.refuseOthers();
    // Whatever others write meanwhile: these entries go, and no others.
    const entries = options.ids.flatMap((id) => stored.entriesOf(id));
    await secret.change(removal(entries));
    const keys = `${options.ids.length === 1 ? 'API key' : 'API keys'} ${options.ids.join(', ')}`;
    terminal.err(
      `${keys} removed from the ${secret.title} in the cluster of context ${await kubectl.context()}.\n` +
        `Gateways refuse what was removed ${knownAfter(place)}.\n${stored.warningOfApplied(entries)}`,
    );
    return 0;
  });
}

function removal(entries: readonly string[]): EntryChanges {
  return Object.fromEntries(entries.map((entry) => [entry, null]));
}
