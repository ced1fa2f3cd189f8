import type { AddressSet } from './address-set';
import type { Pods } from './pods';
import type { Workload } from './workload';

/** An end of a connection. With neither pods nor entity it is outside of the cluster. */
export interface Party {
  /** How answers call it. */
  readonly title: string;
  readonly pods?: Pods;
  /** The workload whose pods they are; absent if these pods are not of the program. */
  readonly workload?: Workload;
  /** A part of the cluster that is no pod, by Cilium's name for it, such as `kube-apiserver`. */
  readonly entity?: string;
  /** Normalized DNS names that lead to it. */
  readonly hostNames: readonly string[];
  /** Where its addresses may be. */
  readonly addresses: AddressSet;
}

export function isOutside(party: Party): boolean {
  return party.pods === undefined && party.entity === undefined;
}
