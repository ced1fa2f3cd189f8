import { ClusterProfile, Egress } from 'agentyard';

const ENGINES: Readonly<Record<string, () => Egress>> = {
  proxy: () => Egress.proxy(),
  cilium: () => Egress.cilium(),
  gke: () => Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: true }),
  eks: () => Egress.eks({ autoMode: true }),
  clusterNetworkPolicy: () => Egress.clusterNetworkPolicy({ experimentalChannel: true }),
};

const CLUSTERS: Readonly<Record<string, (egress: Egress) => ClusterProfile>> = {
  generic: (egress) => ClusterProfile.generic({ egress }),
  eks: (egress) => ClusterProfile.eks({ egress }),
  gke: (egress) => ClusterProfile.gke({ egress }),
  aks: (egress) => ClusterProfile.aks({ egress }),
  openshift: (egress) => ClusterProfile.openshift({ egress }),
  k3s: (egress) => ClusterProfile.k3s({ egress }),
};

/**
 * The cluster that an app is synthesized for, by name.
 *
 * @param cluster `generic`, `eks`, `gke`, `aks`, `openshift` or `k3s`; absent: `generic`
 * @param engine `proxy`, `cilium`, `gke`, `eks` or `clusterNetworkPolicy`; absent: `proxy`
 */
export function clusterProfile(cluster: string | undefined, engine: string | undefined): ClusterProfile {
  const egress = named(ENGINES, engine, 'proxy');
  return named(CLUSTERS, cluster, 'generic')(egress());
}

function named<T>(choices: Readonly<Record<string, T>>, name: string | undefined, fallback: string): T {
  const choice = choices[name === undefined || name === '' ? fallback : name];
  if (choice === undefined) throw new Error(`"${name}" is none of ${Object.keys(choices).join(', ')}`);
  return choice;
}
