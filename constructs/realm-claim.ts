import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';

/** Realms of a program by their issuers. */
const realms = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Two constructs of one realm would undo each other, and their roles would not be the same. */
export function claimRealm(realm: IConstruct, issuer: string): void {
  const { root } = realm.node;
  const known = realms.get(root) ?? new Map<string, IConstruct>();
  realms.set(root, known);
  const other = known.get(issuer);
  known.set(issuer, other ?? realm);
  if (other === undefined) return;
  const fault = {
    message: `${other.node.path} is the realm ${issuer} already`,
    remedy: 'Use one construct for it, or give another realmName',
  };
  reportFault(realm, new SynthError('REALM_DUPLICATE', realm, fault));
}
