/** Who may be at the other end of a connection. */
export type NetworkPeer = PodPeer | CidrPeer;

/** Pods of one namespace, by their labels. */
export interface PodPeer {
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** A block of addresses, for example `10.0.0.0/8`. */
export interface CidrPeer {
  readonly cidr: string;
}

/** One opening: a peer and the TCP port on the side that is called. */
export interface Connection {
  readonly peer: NetworkPeer;
  readonly port: number;
}

/** A peer as NetworkPolicy has it; namespace and pod selector stand in one element, so both must hold. */
export function renderPeer(peer: NetworkPeer) {
  if ('cidr' in peer) return { ipBlock: { cidr: peer.cidr } };
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } },
    podSelector: { matchLabels: { ...peer.podLabels } },
  };
}

/** Order and identity of peers, so that manifests do not depend on the order of the program. */
export function peerKey(peer: NetworkPeer): string {
  return 'cidr' in peer
    ? `cidr:${peer.cidr}`
    : `pods:${peer.namespace}:${JSON.stringify(Object.entries(peer.podLabels).sort())}`;
}
