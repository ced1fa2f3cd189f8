import type { PortRange } from './port';

/** Who may be at the other end of a connection. */
export type NetworkPeer = PodPeer | SelectorPeer | CidrPeer;

/** Pods of one namespace, by their labels. */
export interface PodPeer {
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** A label selector as Kubernetes has it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Pods by selectors; both must hold. An empty selector means all, so a program has to ask for it. */
export interface SelectorPeer {
  readonly namespaceSelector: LabelSelector;
  readonly podSelector: LabelSelector;
}

/** A block of addresses, for example `10.0.0.0/8`, without the given parts of it. */
export interface CidrPeer {
  readonly cidr: string;
  readonly except?: readonly string[];
}

/** One opening: a peer and the port on the side that is called. */
export interface Connection {
  readonly peer: NetworkPeer;
  readonly port: PortRange;
}

/** A peer as NetworkPolicy has it; namespace and pod selector stand in one element, so both must hold. */
export function renderPeer(peer: NetworkPeer) {
  if ('cidr' in peer) return { ipBlock: { cidr: peer.cidr, except: peer.except && [...peer.except] } };
  if ('namespaceSelector' in peer) {
    return { namespaceSelector: peer.namespaceSelector, podSelector: peer.podSelector };
  }
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } },
    podSelector: { matchLabels: { ...peer.podLabels } },
  };
}

/** Order and identity of peers, so that manifests do not depend on the order of the program. */
export function peerKey(peer: NetworkPeer): string {
  if ('cidr' in peer) return `cidr:${peer.cidr}:${(peer.except ?? []).join()}`;
  if ('namespaceSelector' in peer) {
    return `selector:${selectorKey(peer.namespaceSelector)}:${selectorKey(peer.podSelector)}`;
  }
  return `pods:${peer.namespace}:${JSON.stringify(Object.entries(peer.podLabels).sort())}`;
}

function selectorKey({ matchLabels, matchExpressions }: LabelSelector): string {
  return JSON.stringify([
    Object.entries(matchLabels ?? {}).sort(),
    (matchExpressions ?? []).map((e) => JSON.stringify(e)).sort(),
  ]);
}
