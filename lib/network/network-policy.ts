import { peerKey, renderPeer, type Connection, type PodPeer } from './peer';

/** The cluster's DNS pods, as kubeadm, EKS, GKE, AKS and k3s label them. */
const CLUSTER_DNS: PodPeer = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } };
const DNS_PORT = 53;

/** What a workload's NetworkPolicy follows from. */
export interface NetworkIntent {
  /** Labels that select the workload's pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Who may connect to it, and at which of its ports. */
  readonly ingress: readonly Connection[];
  /** Whom it may connect to, and at which of their ports. */
  readonly egress: readonly Connection[];
}

/**
 * The spec of a NetworkPolicy that denies both directions but for the given connections.
 * DNS is opened, to the cluster's DNS pods only, exactly when there is a name to resolve: a pod to connect to.
 */
export function networkPolicySpec(intent: NetworkIntent) {
  const needsDns = intent.egress.some(({ peer }) => !('cidr' in peer));
  return {
    podSelector: { matchLabels: { ...intent.podLabels } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: byPeer(intent.ingress).map(({ peer, port }) => ({ from: [renderPeer(peer)], ports: [tcp(port)] })),
    egress: [
      ...(needsDns
        ? [{ to: [renderPeer(CLUSTER_DNS)], ports: [{ protocol: 'UDP', port: DNS_PORT }, tcp(DNS_PORT)] }]
        : []),
      ...byPeer(intent.egress).map(({ peer, port }) => ({ to: [renderPeer(peer)], ports: [tcp(port)] })),
    ],
  };
}

function tcp(port: number) {
  return { protocol: 'TCP', port };
}

/** Each connection once, in an order of its own. */
function byPeer(connections: readonly Connection[]): Connection[] {
  const unique = new Map(
    connections.map((connection) => [`${peerKey(connection.peer)}:${connection.port}`, connection]),
  );
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, connection]) => connection);
}
