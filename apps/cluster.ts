import { ClusterProfile, Egress, Peer, type ClusterProfileOptions } from 'agentyard';

const ENGINES: Readonly<Record<string, () => Egress>> = {
  proxy: () => Egress.proxy(),
  cilium: () => Egress.cilium(),
  gke: () => Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: true }),
  eks: () => Egress.eks({ autoMode: true }),
  clusterNetworkPolicy: () => Egress.clusterNetworkPolicy({ experimentalChannel: true }),
};

/** Addresses of your API server: `kubectl get endpointslices kubernetes`. */
const API_SERVER = { cidrs: ['10.0.0.1/32'] };

const CLUSTERS: Readonly<Record<string, (options: ClusterProfileOptions) => ClusterProfile>> = {
  generic: (options) => ClusterProfile.generic(options),
  eks: (options) => ClusterProfile.eks(options),
  gke: (options) => ClusterProfile.gke(options),
  aks: (options) => ClusterProfile.aks(options),
  openshift: (options) => ClusterProfile.openshift(options),
  k3s: (options) => ClusterProfile.k3s(options),
};

/**
 * The cluster that an app is synthesized for, by name.
 *
 * @param cluster `generic`, `eks`, `gke`, `aks`, `openshift` or `k3s`; absent: `generic`
 * @param engine `proxy`, `cilium`, `gke`, `eks` or `clusterNetworkPolicy`; absent: `proxy`
 */
export function clusterProfile(cluster: string | undefined, engine: string | undefined): ClusterProfile {
  const egress = named(ENGINES, engine, 'proxy');
  return named(CLUSTERS, cluster, 'generic')({ egress: egress(), apiServer: API_SERVER });
}

/** OpenShift with its monitoring, which reads the metrics. */
export function openShift(): ClusterProfile {
  const podLabels = { 'app.kubernetes.io/name': 'prometheus' };
  const metricsScraper = Peer.pods({ namespace: 'openshift-user-workload-monitoring', podLabels });
  return ClusterProfile.openshift({ apiServer: API_SERVER, metricsScraper });
}

function named<T>(choices: Readonly<Record<string, T>>, name: string | undefined, fallback: string): T {
  const choice = choices[name === undefined || name === '' ? fallback : name];
  if (choice === undefined) throw new Error(`"${name}" is none of ${Object.keys(choices).join(', ')}`);
  return choice;
}
