import type { DnsFacts } from '../lib/network/cluster-dns';
import { Peer, type PodSelection } from './peer';
import { Port } from './port';

/** Where pods ask for names. Policies open this and no other DNS. */
export class ClusterDns {
  /** CoreDNS or kube-dns in `kube-system`, labelled `k8s-app: kube-dns`: kubeadm, EKS, AKS, k3s, GKE with kube-dns. */
  public static kubeDns(): ClusterDns {
    return ClusterDns.fromPods({ namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } });
  }

  /** The DNS of OpenShift: its pods listen on port 5353. */
  public static openshift(): ClusterDns {
    const pods = { namespace: 'openshift-dns', podLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } };
    return ClusterDns.fromPods(pods, Port.udp(5353));
  }

  /**
   * DNS pods of another kind.
   *
   * @param pods the pods
   * @param port their port; default 53. UDP and TCP are opened, whichever is named.
   */
  public static fromPods(pods: PodSelection, port?: Port): ClusterDns {
    return new ClusterDns([Peer.pods(pods)], port?._range.port ?? 53);
  }

  /** @internal */
  public readonly _facts: DnsFacts;
  private readonly peers: readonly Peer[];

  private constructor(peers: readonly Peer[], port: number) {
    this.peers = peers;
    this._facts = {
      port,
      peers: peers.map((peer) => peer._network('ClusterDns')),
    };
  }

  /**
   * Also opens a cache on the node, which pods ask under an address of its own.
   *
   * @param cidr its address; default `169.254.20.10/32`, as NodeLocal DNSCache has it
   */
  public withNodeLocalCache(cidr?: string): ClusterDns {
    return new ClusterDns([...this.peers, Peer.cidr(cidr ?? '169.254.20.10/32')], this._facts.port);
  }
}
