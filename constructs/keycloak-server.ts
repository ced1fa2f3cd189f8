import { isHostPattern } from '../lib/network/egress/host-rule';
import type { PodPeer } from '../lib/network/peer';
import { isPort, tcp } from '../lib/network/port';
import { SynthError } from '../lib/errors/synth-error';
import { baseText } from '../lib/identity/keycloak/base-url';
import { isLoopback } from '../lib/identity/plain-url';
import { checkedLabels } from '../lib/workload/labels';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';
import type { NetworkOpener } from './keycloak-network';
import type { Peer } from './peer';

/** Options of a Keycloak outside of the cluster. */
export interface ExternalKeycloakOptions {
  /**
   * Blocks of addresses (`Peer.cidr`) that its name may lead to although they are private.
   * @default - its name leads to public addresses only
   */
  readonly privateEndpoints?: Peer[];
}

/** A Keycloak that runs in the cluster. */
export interface InClusterKeycloakOptions {
  /** Namespace of its pods and its Service. */
  readonly namespace: string;
  /** Name of its Service. */
  readonly serviceName: string;
  /** Labels of its pods, at least one. */
  readonly podLabels: Record<string, string>;
  /** Port of its Service. */
  readonly port: number;
  /**
   * Port of its pods.
   * @default - as `port`
   */
  readonly targetPort?: number;
  /**
   * Whether it speaks TLS at that port. A certificate of an authority of your own needs `extraCaBundle` in the profile.
   * @default true
   */
  readonly tls?: boolean;
}

/** A Keycloak that the Keycloak operator runs. */
export interface OperatedKeycloakOptions {
  /** Namespace of the `Keycloak` resource. */
  readonly namespace: string;
  /** Name of the `Keycloak` resource. */
  readonly instanceName: string;
  /**
   * Whether it has a `tlsSecret`; else it speaks HTTP.
   * @default true
   */
  readonly tls?: boolean;
}

/** The operator's ports, of pods and Service alike. */
const OPERATOR_PORTS = { https: 8443, http: 8080 };

type ServerSpec =
  | { readonly kind: 'external'; readonly privateCidrs: readonly string[] }
  | { readonly kind: 'cluster'; readonly origin: string; readonly pods: PodPeer; readonly targetPort: number };

/** Where a Keycloak runs, and so how gateways reach the keys of a realm. */
export class KeycloakServer {
  /** Outside of the cluster, at the host name of the realm: opened by the egress engine of the cluster's profile. */
  public static external(options: ExternalKeycloakOptions = {}): KeycloakServer {
    const endpoints = options.privateEndpoints ?? [];
    const privateCidrs = endpoints.map((endpoint) => endpoint._cidr('KeycloakServer.external'));
    return new KeycloakServer({ kind: 'external', privateCidrs });
  }

  /** In the cluster, past the host name of the realm. */
  public static inCluster(options: InClusterKeycloakOptions): KeycloakServer {
    const place = 'KeycloakServer.inCluster';
    const { port, targetPort = port, tls = true } = options;
    for (const number of [port, targetPort]) {
      if (isPort(number)) continue;
      throw new SynthError('PORT_INVALID', place, {
        message: `${number} is no port`,
        remedy: 'Give whole numbers from 1 to 65535',
      });
    }
    if (Object.keys(options.podLabels).length === 0) {
      throw new SynthError('PEER_INVALID', place, {
        message: 'podLabels is empty, which would mean all pods of the namespace',
        remedy: "Name at least one label, for example { app: 'keycloak' }",
      });
    }
    const namespace = checkedLabel(place, options.namespace);
    const podLabels = checkedLabels(place, options.podLabels);
    const host = `${checkedObjectName(place, options.serviceName)}.${namespace}.svc`;
    const origin = `${tls ? 'https' : 'http'}://${host}:${port}`;
    return new KeycloakServer({ kind: 'cluster', origin, pods: { namespace, podLabels }, targetPort });
  }

  /** In the cluster, run by the Keycloak operator. */
  public static ofOperator(options: OperatedKeycloakOptions): KeycloakServer {
    const { namespace, instanceName, tls = true } = options;
    return KeycloakServer.inCluster({
      namespace,
      serviceName: `${instanceName}-service`,
      podLabels: { app: 'keycloak', 'app.kubernetes.io/instance': instanceName },
      port: tls ? OPERATOR_PORTS.https : OPERATOR_PORTS.http,
      tls,
    });
  }

  private readonly spec: ServerSpec;

  private constructor(spec: ServerSpec) {
    this.spec = spec;
  }

  /** The base URL at which pods reach it. @param publicUrl the one of the realm @internal */
  public _baseUrl(publicUrl: URL): URL {
    if (this.spec.kind === 'external') return publicUrl;
    return new URL(`${this.spec.origin}${baseText(publicUrl).slice(publicUrl.origin.length)}`);
  }

  /** Lets pods reach it. @param publicUrl the one of the realm @internal */
  public _open(opener: NetworkOpener, publicUrl: URL): void {
    const { spec } = this;
    if (spec.kind === 'cluster') return opener.allowTo(spec.pods, tcp(spec.targetPort));
    // Only processes of the same machine reach it, and these need no opening.
    if (isLoopback(publicUrl)) return;
    const { protocol, hostname, port } = publicUrl;
    const tls = protocol === 'https:';
    opener.allowToHost({
      host: hostname,
      port: Number(port || (tls ? 443 : 80)),
      tls,
      privateCidrs: spec.privateCidrs,
    });
  }

  /** What is wrong with its being found under the host name of a realm. @internal */
  public _fault(publicUrl: URL) {
    if (this.spec.kind === 'cluster' || isLoopback(publicUrl) || isHostPattern(publicUrl.hostname)) return undefined;
    return {
      message: `"${publicUrl.hostname}" is no DNS name with at least two labels, by which egress could be opened`,
      remedy: 'Give the host name that its certificate has, or say where it runs: KeycloakServer.inCluster({ ... })',
    };
  }
}
