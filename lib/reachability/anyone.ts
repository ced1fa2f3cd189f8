import { AddressSet } from './address-set';
import { Labels } from './labels';
import type { Party } from './party';

/** Every machine outside of the cluster. */
export const ANY_ADDRESS: Party = { title: 'any address', hostNames: [], addresses: AddressSet.all };

/** Every pod of the cluster that is not of the program. */
export function anyPod(clusterAddresses: AddressSet): Party {
  const pods = { namespaceLabels: Labels.some({}), labels: Labels.some({}), hostNetwork: false };
  return { title: 'any pod', pods, hostNames: [], addresses: clusterAddresses };
}
