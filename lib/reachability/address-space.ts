import { PRIVATE_IPV4, PRIVATE_IPV6 } from '../contract/address-block';
import { AddressSet } from './address-set';

/** Where a name of the internet leads. */
export const PUBLIC_ADDRESSES = AddressSet.all.minus(AddressSet.of(...PRIVATE_IPV4, ...PRIVATE_IPV6));

/** Where pods and Services of a cluster may live, unless it is told. */
export const USUAL_CLUSTER_ADDRESSES = AddressSet.of(
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
);

/** Addresses that lead back to who calls them; connections to the unspecified address do, too. */
export const LOOPBACK_ADDRESSES = AddressSet.of('127.0.0.0/8', '::1', '0.0.0.0', '::');
