import type { Connection } from '../lib/network/peer';
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

/**
 * A service mesh. Its sidecar is injected into every pod of the program but the egress proxy's, and may reach its control
 * plane. Needs the mesh's CNI plugin: Pod Security `restricted` admits no init container that changes the network.
 */
export class Mesh {
  /** Istio with sidecars. */
  public static istio(options: MeshOptions = {}): Mesh {
    const injected = (inject: boolean) => ({ 'sidecar.istio.io/inject': String(inject) });
    return new Mesh(
      'istio',
      {
        podLabels: injected(true),
        podAnnotations: { 'proxy.istio.io/config': ISTIO_PROXY },
      },
      { podLabels: injected(false), podAnnotations: {} },
      options.controlPlane ?? { namespace: 'istio-system', podLabels: { app: 'istiod' } },
      [15012],
    );
  }

  /** Linkerd. */
  public static linkerd(options: MeshOptions = {}): Mesh {
    const injected = (inject: string) => ({
      podLabels: {},
      podAnnotations: { 'linkerd.io/inject': inject, 'config.linkerd.io/shutdown-grace-period': '15m' },
    });
    const controlPlane = options.controlPlane ?? {
      namespace: 'linkerd',
      podLabels: { 'linkerd.io/control-plane-ns': 'linkerd' },
    };
    return new Mesh('linkerd', injected('enabled'), injected('disabled'), controlPlane, [8080, 8086, 8090]);
  }

  /** Name of the mesh, as its factory. */
  public readonly meshName: string;
  /** @internal */
  public readonly _injected: MeshPart;
  /** @internal */
  public readonly _excluded: MeshPart;
  /** @internal */
  public readonly _egress: readonly Connection[];

  private constructor(
    name: string,
    injected: MeshPart,
    excluded: MeshPart,
    controlPlane: PodSelection,
    ports: readonly number[],
  ) {
    this.meshName = name;
    this._injected = injected;
    this._excluded = excluded;
    const peer = Peer.pods(controlPlane)._network('Mesh');
    this._egress = ports.map((port) => ({ peer, port: tcp(port) }));
  }
}
