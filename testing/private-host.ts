import { AddressSet, type Path } from '../lib/reachability';

/** A host behind the egress proxy whose name may lead to private addresses, too. */
export interface PrivateHost {
  /** Its name or pattern. */
  readonly host: string;
  /** The private blocks, all of them. */
  readonly privateCidrs: readonly string[];
}

/** Whether the name of a path leads to these blocks and to no others. */
export function leadsTo({ privateCidrs = [] }: Path, expected: readonly string[]): boolean {
  const [found, wanted] = [AddressSet.of(...privateCidrs), AddressSet.of(...expected)];
  return found.contains(wanted) && wanted.contains(found);
}

/** How messages call a host. */
export function hostText(host: string, privateCidrs: readonly string[] = []): string {
  return privateCidrs.length === 0 ? host : `${host}, which may lead to ${privateCidrs.join(', ')},`;
}
