import type { MountedVolume } from '../lib/workload/volumes';
import type { ClusterProfile } from './cluster-profile';

/** Variable by which Node.js finds further authorities. */
export const CA_VARIABLE = 'NODE_EXTRA_CA_CERTS';
const CA_DIRECTORY = '/etc/agentyard-ca';
const CA_FILE = 'ca-certificates.crt';

/** The variable that names the authorities of the cluster's profile; none without any. */
export function caVariables({ _options: { extraCaBundle } }: ClusterProfile) {
  return extraCaBundle === undefined ? [] : [{ name: CA_VARIABLE, value: `${CA_DIRECTORY}/${CA_FILE}` }];
}

/** The volume with the authorities of the cluster's profile; none without any. */
export function caVolumes({ _options: { extraCaBundle } }: ClusterProfile): MountedVolume[] {
  if (extraCaBundle === undefined) return [];
  const items = [{ key: extraCaBundle.key ?? CA_FILE, path: CA_FILE }];
  const source = { configMap: { name: extraCaBundle.configMapName, items } };
  return [{ name: 'ca-bundle', mountPath: CA_DIRECTORY, readOnly: true, source }];
}
