import type { Connection, NetworkPeer } from '../lib/network/peer';
import { tcp } from '../lib/network/port';
import { Peer, type PodSelection } from './peer';

/** Options of a mesh. */
export interface MeshOptions {
  /**
   * Pods of the mesh's control plane.
   * @default - those of the mesh's own installation
   */
  readonly controlPlane?: PodSelection;
}

/** Ports that Linkerd's sidecars call each other at: its installation's `proxy.outboundTransportMode`. */
export enum LinkerdTransport {
  /** The port that was called. Policies stay exact. */
  TRANSPARENT = 'transparent',
  /**
   * The sidecar's own, 4143, as Linkerd has it by default since 2.18. It is opened beside each port that the program
   * opens between pods, and behind it every port of the pod that is called.
   */
  TRANSPORT_HEADER = 'transport-header',
}

/** Options of Linkerd. */
export interface LinkerdOptions extends MeshOptions {
  /** What the mesh was installed with: `proxy.outboundTransportMode`. */
  readonly outboundTransport: LinkerdTransport;
}

/** Port of Linkerd's sidecars. */
const LINKERD_INBOUND_PORT = 4143;
/** Version of Kubernetes that has native sidecars, which end after the container that they serve. */
const NATIVE_SIDECARS_MINOR = 29;

/**
 * The sidecar starts before the runtime, and ends after it: with its last connection, not after a fixed time that would cut
 * long requests.
 */
const ISTIO_PROXY = JSON.stringify({
  holdApplicationUntilProxyStarts: true,
  proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true' },
});

/** What a mesh adds to a pod. */
interface MeshPart {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
}

/** What differs between meshes. */
interface MeshKind {
  readonly name: string;
  /** For pods with a sidecar. @param minor of the version of Kubernetes */
  readonly injected: (minor: number) => MeshPart;
  /** For pods without. */
  readonly excluded: MeshPart;
  readonly controlPlane: PodSelection;
  readonly controlPorts: readonly number[];
  /** Port that sidecars call each other at, in place of the one that was called. */
  readonly inboundPort?: number;
}

/**
 * A service mesh. Its sidecar is injected into every pod of the program but the egress proxy's, and may reach its control
 * plane. Needs the mesh's CNI plugin: Pod Security `restricted` admits no init container that changes the network.
 */
export class Mesh {
  /** Istio with sidecars. */
  public static istio(options: MeshOptions = {}): Mesh {
    const podAnnotations = {
      'proxy.istio.io/config': ISTIO_PROXY,
      // Else the injector moves the metrics to a port of the sidecar's, which no NetworkPolicy opens.
      'prometheus.istio.io/merge-metrics': 'false',
    };
    return new Mesh({
      name: 'istio',
      injected: () => ({ podLabels: { 'sidecar.istio.io/inject': 'true' }, podAnnotations }),
      excluded: { podLabels: { 'sidecar.istio.io/inject': 'false' }, podAnnotations: {} },
      controlPlane: options.controlPlane ?? { namespace: 'istio-system', podLabels: { app: 'istiod' } },
      controlPorts: [15012],
    });
  }

  /** Linkerd. Below Kubernetes 1.29 its sidecar refuses new connections of a pod that ends, so requests in flight may fail. */
  public static linkerd(options: LinkerdOptions): Mesh {
    const podLabels = { 'linkerd.io/control-plane-ns': 'linkerd' };
    return new Mesh({
      name: 'linkerd',
      injected: linkerdInjected,
      excluded: { podLabels: {}, podAnnotations: { 'linkerd.io/inject': 'disabled' } },
      controlPlane: options.controlPlane ?? { namespace: 'linkerd', podLabels },
      controlPorts: [8080, 8086, 8090],
      inboundPort: options.outboundTransport === LinkerdTransport.TRANSPARENT ? undefined : LINKERD_INBOUND_PORT,
    });
  }

  /** Name of the mesh, as its factory. */
  public readonly meshName: string;
  /** To the control plane. @internal */
  public readonly _egress: readonly Connection[];
  private readonly kind: MeshKind;

  private constructor(kind: MeshKind) {
    this.kind = kind;
    this.meshName = kind.name;
    const peer = Peer.pods(kind.controlPlane)._network('Mesh');
    this._egress = kind.controlPorts.map((port) => ({ peer, port: tcp(port) }));
  }

  /** @internal */
  public _part(injected: boolean, kubernetesMinor: number): MeshPart {
    return injected ? this.kind.injected(kubernetesMinor) : this.kind.excluded;
  }

  /**
   * Connections as they are seen between pods, where sidecars may stand at both ends.
   *
   * @param unmeshed peers that call, or are called, past the sidecars: the readers of metrics
   * @internal
   */
  public _between(connections: readonly Connection[], unmeshed: readonly NetworkPeer[]): Connection[] {
    const { inboundPort } = this.kind;
    if (inboundPort === undefined) return [...connections];
    const past = [...unmeshed, ...this._egress.map(({ peer }) => peer)];
    // Sidecars carry TCP alone.
    const meshed = connections.filter(
      ({ peer, port }) => !('cidr' in peer) && !past.includes(peer) && port.protocol === 'TCP',
    );
    return [...connections, ...meshed.map(({ peer }) => ({ peer, port: tcp(inboundPort) }))];
  }
}

function linkerdInjected(kubernetesMinor: number): MeshPart {
  const native = kubernetesMinor >= NATIVE_SIDECARS_MINOR;
  return {
    podLabels: {},
    podAnnotations: {
      'linkerd.io/inject': 'enabled',
      'config.linkerd.io/shutdown-grace-period': '15m',
      ...(native && { 'config.beta.linkerd.io/proxy-enable-native-sidecar': 'true' }),
    },
  };
}
