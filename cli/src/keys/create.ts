import { DevError } from '../dev/dev-error.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { askedExpiry, type ExpiryFlags } from './expiry.js';
import { keyPlace, type KeyPlace, type PlaceFlags } from './key-place.js';
import { KeySecret } from './key-secret.js';
import { newKey } from './new-key.js';
import { tellOfKey, tellOfPrintedKey } from './told-key.js';

export interface CreateOptions extends PlaceFlags, ExpiryFlags {
  readonly user: string;
  readonly role: readonly string[];
  /** Whether to print the manifest and touch no cluster. */
  readonly print?: boolean;
}

/** Makes a key, adds its hash to the Secret and prints the key. @returns the exit code */
export function runCreate(options: CreateOptions, kubectl: Kubectl, terminal: Terminal, now: number): Promise<number> {
  return orTold(terminal, async () => {
    const { user, role: roles } = options;
    const place = await keyPlace(options);
    refuseUnknownRoles(roles, place);
    const expiry = askedExpiry(options, now);
    if (expiry === undefined) {
      throw new DevError('say how long the key is valid: --expires 90d, --expires-at <instant>, or --no-expiry');
    }
    const made = newKey({ user, roles: [...new Set(roles)] }, now, expiry);
    const changes = { [made.document.id]: made.document };
    if (options.print === true) {
      tellOfPrintedKey(made, place, changes, terminal);
      return 0;
    }
    const secret = new KeySecret(kubectl, place.secret);
    await secret.retried(async () => {
      const stored = await secret.find();
      stored?.refuseOthers();
      // One more entry takes nothing from what others write meanwhile, so it is added to whatever is there then.
      await (stored === undefined ? secret.create(changes) : secret.change(changes));
    });
    tellOfKey(
      made,
      `added to the ${secret.title} in the cluster of context ${await kubectl.context()}`,
      place,
      terminal,
    );
    return 0;
  });
}

function refuseUnknownRoles(roles: readonly string[], { known }: KeyPlace): void {
  const unknown = known && roles.find((role) => !known.roles.includes(role));
  if (unknown === undefined) return;
  const names = known?.roles.join(', ') || 'none';
  throw new DevError(`--role ${unknown}: no such role counts at the gateway ${known?.gateway}; there are ${names}`);
}
