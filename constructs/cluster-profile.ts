import { isIP } from 'node:net';
import type { IConstruct } from 'constructs';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { cidrFault } from '../lib/network/cidr';
import { isPort } from '../lib/network/port';
import { ClusterDns } from './cluster-dns';
import { Egress } from './egress';
import type { Mesh } from './mesh';
import type { Peer, PodSelection } from './peer';
import type { TelemetryCollector } from './telemetry-collector';
import type { TrustedProxies } from './trusted-proxies';

/** IP families of a cluster's pods and Services. */
export enum IpFamily {
  /** IPv4 alone. */
  IPV4 = 'IPv4',
  /** IPv6 alone. */
  IPV6 = 'IPv6',
  /** Both. */
  DUAL_STACK = 'DualStack',
}

/** Where pods reach the Kubernetes API server, after the Service's address has been translated. */
export interface ApiServerAddress {
  /** Blocks of addresses of the API servers, at least one. */
  readonly cidrs: string[];
  /**
   * Their port.
   * @default - as the factory of the profile says: 443 for EKS, GKE and AKS, else 6443
   */
  readonly port?: number;
}

/** A ConfigMap with certificates of authorities, which exists in every namespace with workloads. */
export interface CaBundle {
  /** Name of the ConfigMap, as trust-manager for example distributes it. */
  readonly configMapName: string;
  /**
   * Entry with the certificates in PEM.
   * @default 'ca-certificates.crt'
   */
  readonly key?: string;
}

/** A forward proxy of the company, which all traffic to the outside goes through. */
export interface ParentProxy {
  /** Host name, or address of IPv4. */
  readonly host: string;
  /** Port of it. */
  readonly port: number;
  /**
   * Blocks of its addresses.
   * @default - the host, if it is an address; required if it is a name, since policies open addresses
   */
  readonly cidrs?: string[];
}

/** Facts of a cluster. */
export interface ClusterProfileOptions {
  /**
   * How egress by name is opened.
   * @default Egress.proxy()
   */
  readonly egress?: Egress;
  /**
   * Where pods resolve names.
   * @default - as the factory of the profile says
   */
  readonly dns?: ClusterDns;
  /**
   * Domain of the cluster's Services.
   * @default 'cluster.local'
   */
  readonly clusterDomain?: string;
  /**
   * Where the API server is.
   * @default - unknown: a workload that needs it fails synth, but with an engine that knows it
   */
  readonly apiServer?: ApiServerAddress;
  /**
   * Version of Kubernetes, at least 1.28. Below 1.30, pods wait before they stop by a command and not by a sleep.
   * @default '1.30'
   */
  readonly kubernetesVersion?: string;
  /**
   * Whether pods can mount directories of images as volumes (the feature `ImageVolume`), for `ToolSource.fromImage`; from
   * Kubernetes 1.33 on. The nodes' container runtime has to know them too: containerd 2.2 or CRI-O 1.33.
   * @default - from 1.36 on, where the feature cannot be off
   */
  readonly imageVolumes?: boolean;
  /**
   * Pods of the cluster's ingress, for `Entry.fromClusterIngress()`.
   * @default - as the factory of the profile says
   */
  readonly ingress?: PodSelection;
  /**
   * Proxies in front of gateways, which are believed who the client is: the cluster's ingress, and load balancers before it.
   * @default - none: the client is who connects
   */
  readonly trustedProxies?: TrustedProxies;
  /**
   * Who reads metrics: pods (`Peer.pods`) or addresses (`Peer.cidr`). Workloads serve metrics only if it is given.
   * @default - nobody
   */
  readonly metricsScraper?: Peer;
  /**
   * Where gateways send traces.
   * @default - nowhere: none are recorded
   */
  readonly telemetryCollector?: TelemetryCollector;
  /**
   * Certificates of authorities that clients trust beside the public ones.
   * @default - none
   */
  readonly extraCaBundle?: CaBundle;
  /**
   * A forward proxy of the company; needs `Egress.proxy()`.
   * @default - none, traffic goes out directly
   */
  readonly parentProxy?: ParentProxy;
  /**
   * Registry that mirrors the images of this library: `registry.example.com/mirror`.
   * @default - the public registry
   */
  readonly imageRegistry?: string;
  /**
   * Names of Secrets with credentials for the registry, which exist in every namespace with workloads.
   * @default - none
   */
  readonly imagePullSecretNames?: string[];
  /**
   * IP families of pods and Services.
   * @default - as the cluster has them; the egress proxy reaches IPv4 addresses
   */
  readonly ipFamily?: IpFamily;
  /**
   * A service mesh whose sidecars the pods get.
   * @default - none
   */
  readonly mesh?: Mesh;
}

/** What a kind of cluster has without being asked. */
interface ClusterKind {
  readonly name: string;
  readonly dns: () => ClusterDns;
  readonly apiServerPort: number;
  readonly ingress?: PodSelection;
  /** Whether pods get their user from the namespace's range, as OpenShift's security context constraints demand. */
  readonly assignsUsers?: boolean;
}

/** The profile that a construct and all below it have been given, and whether it was asked for already. */
const profiles = new WeakMap<IConstruct, ClusterProfile>();
const readers = new WeakMap<IConstruct, IConstruct[]>();

/** What differs between clusters, in one value: `new App({ cluster })`, or `applyTo` the app or a chart. */
export class ClusterProfile {
  /** Any cluster that enforces NetworkPolicy, with CoreDNS in kube-system. Used where no profile was given. */
  public static generic(options: ClusterProfileOptions = {}): ClusterProfile {
    return new ClusterProfile({ name: 'generic', dns: () => ClusterDns.kubeDns(), apiServerPort: 6443 }, options);
  }

  /** Amazon EKS. */
  public static eks(options: ClusterProfileOptions = {}): ClusterProfile {
    return new ClusterProfile({ name: 'eks', dns: () => ClusterDns.kubeDns(), apiServerPort: 443 }, options);
  }

  /** Google GKE, with kube-dns or its cache on the node. */
  public static gke(options: ClusterProfileOptions = {}): ClusterProfile {
    const dns = () => ClusterDns.kubeDns().withNodeLocalCache();
    return new ClusterProfile({ name: 'gke', dns, apiServerPort: 443 }, options);
  }

  /** Azure AKS. */
  public static aks(options: ClusterProfileOptions = {}): ClusterProfile {
    return new ClusterProfile({ name: 'aks', dns: () => ClusterDns.kubeDns(), apiServerPort: 443 }, options);
  }

  /** OpenShift: pods get their user from the namespace's range, under `restricted-v2`. */
  public static openshift(options: ClusterProfileOptions = {}): ClusterProfile {
    const podLabels = { 'ingresscontroller.operator.openshift.io/deployment-ingresscontroller': 'default' };
    const ingress = { namespace: 'openshift-ingress', podLabels };
    const dns = () => ClusterDns.openshift();
    return new ClusterProfile({ name: 'openshift', dns, apiServerPort: 6443, ingress, assignsUsers: true }, options);
  }

  /** k3s, with its Traefik. */
  public static k3s(options: ClusterProfileOptions = {}): ClusterProfile {
    const ingress = { namespace: 'kube-system', podLabels: { 'app.kubernetes.io/name': 'traefik' } };
    return new ClusterProfile({ name: 'k3s', dns: () => ClusterDns.kubeDns(), apiServerPort: 6443, ingress }, options);
  }

  /** Kind of the cluster, as its factory. */
  public readonly kind: string;
  /** How egress by name is opened. */
  public readonly egress: Egress;
  /** Domain of the cluster's Services. */
  public readonly clusterDomain: string;
  /** Version of Kubernetes. */
  public readonly kubernetesVersion: string;
  /** IP families; absent: as the cluster has them. */
  public readonly ipFamily?: IpFamily;
  /** @internal */
  public readonly _dns: ClusterDns;
  /** @internal */
  public readonly _options: ClusterProfileOptions;
  /** @internal */
  public readonly _assignsUsers: boolean;
  private readonly cluster: ClusterKind;

  private constructor(cluster: ClusterKind, options: ClusterProfileOptions) {
    this.cluster = cluster;
    this.kind = cluster.name;
    this.egress = options.egress ?? Egress.proxy();
    this.clusterDomain = options.clusterDomain ?? 'cluster.local';
    this.kubernetesVersion = options.kubernetesVersion ?? '1.30';
    this.ipFamily = options.ipFamily;
    this._dns = options.dns ?? cluster.dns();
    this._options = options;
    this._assignsUsers = cluster.assignsUsers ?? false;
    checkFacts(this);
  }

  /**
   * Makes this the profile of a construct and of all that is made below it afterwards.
   *
   * @param scope the app, or a chart of it
   */
  public applyTo(scope: IConstruct): void {
    const early = (readers.get(scope.node.root) ?? []).find((reader) => reader.node.scopes.includes(scope));
    if (early !== undefined) {
      throw new SynthError('PROFILE_LATE', scope, {
        message: `${early.node.path} was made before the profile was applied`,
        remedy: 'Apply the profile first: new App({ cluster }), or cluster.applyTo(app) before anything else',
      });
    }
    profiles.set(scope, this);
  }

  /** The profile in force for a construct: the nearest above it. */
  public static of(construct: IConstruct): ClusterProfile {
    const { root } = construct.node;
    const known = readers.get(root);
    if (known === undefined) readers.set(root, [construct]);
    else known.push(construct);
    return profiles.get(scopeOf(construct)) ?? DEFAULT_PROFILE;
  }

  /** The construct that the profile in force was applied to; the root without one. @internal */
  public _scopeFor(construct: IConstruct): IConstruct {
    return scopeOf(construct);
  }

  /**
   * Where the API server is. Throws PROFILE_FACT_MISSING if the profile does not say.
   *
   * @internal
   */
  public _apiServer(place: IConstruct): Required<ApiServerAddress> {
    const { apiServer } = this._options;
    if (apiServer === undefined) {
      throw this._lacks(place, 'where the API server is', "apiServer: { cidrs: ['10.0.0.1/32'] }");
    }
    return { port: this._apiServerPort, cidrs: apiServer.cidrs };
  }

  /** @internal */
  public get _apiServerPort(): number {
    return this._options.apiServer?.port ?? this.cluster.apiServerPort;
  }

  /**
   * The cluster's own ingress. Throws PROFILE_FACT_MISSING if the profile does not say.
   *
   * @internal
   */
  public _ingress(place: IConstruct): PodSelection {
    const ingress = this._options.ingress ?? this.cluster.ingress;
    if (ingress !== undefined) return ingress;
    throw this._lacks(
      place,
      'which pods are its ingress',
      "ingress: { namespace: 'ingress-nginx', podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } }",
    );
  }

  /** @internal */
  public _lacks(place: IConstruct, fact: string, example: string): SynthError {
    return new SynthError('PROFILE_FACT_MISSING', place, {
      message: `the profile of the cluster (${this.kind}) does not say ${fact}`,
      remedy: `Say it in the profile: ClusterProfile.${this.kind}({ ${example} })`,
    });
  }

  /** Whether pods can mount images as volumes. @internal */
  public get _imageVolumes(): boolean {
    return this._options.imageVolumes ?? this._minor >= IMAGE_VOLUMES_MINOR;
  }

  /** Minor version of Kubernetes: 30 of 1.30. @internal */
  public get _minor(): number {
    return minorOf(this.kubernetesVersion);
  }
}

function scopeOf(construct: IConstruct): IConstruct {
  return construct.node.scopes.reverse().find((above) => profiles.has(above)) ?? construct.node.root;
}

const OLDEST_MINOR = 28;
/** From here on image volumes cannot be off. */
const IMAGE_VOLUMES_MINOR = 36;
/** From here on they have paths below the image's root, and Pod Security `restricted` admits them. */
const OLDEST_IMAGE_VOLUMES_MINOR = 33;

const DEFAULT_PROFILE = ClusterProfile.generic();

function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)(\.|$)/.exec(version)?.[1] ?? NaN);
}

function checkFacts(profile: ClusterProfile): void {
  const checks = [parentFault, addressFault, portFault].map((check) => check(profile._options));
  const fault = [versionFault(profile), imageVolumesFault(profile), domainFault(profile), ...checks].find(
    (found) => found !== undefined,
  );
  if (fault !== undefined) throw new SynthError('PROFILE_INVALID', `ClusterProfile.${profile.kind}`, fault);
}

function versionFault({ kubernetesVersion }: ClusterProfile): SynthFault | undefined {
  if (minorOf(kubernetesVersion) >= OLDEST_MINOR) return undefined;
  return {
    message: `kubernetesVersion is "${kubernetesVersion}"`,
    remedy: `Give 1.${OLDEST_MINOR} or later, for example '1.33'`,
  };
}

function imageVolumesFault({ kubernetesVersion, _options: { imageVolumes } }: ClusterProfile): SynthFault | undefined {
  if (imageVolumes !== true || minorOf(kubernetesVersion) >= OLDEST_IMAGE_VOLUMES_MINOR) return undefined;
  return {
    message: `imageVolumes is true, and kubernetesVersion is "${kubernetesVersion}"`,
    remedy: `Leave it out, or give kubernetesVersion: '1.${OLDEST_IMAGE_VOLUMES_MINOR}' or later`,
  };
}

function domainFault({ clusterDomain }: ClusterProfile): SynthFault | undefined {
  if (/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(clusterDomain)) return undefined;
  return { message: `clusterDomain is "${clusterDomain}"`, remedy: "Give a DNS name, for example 'cluster.local'" };
}

function addressFault({ apiServer, parentProxy }: ClusterProfileOptions): SynthFault | undefined {
  if (apiServer?.cidrs.length === 0 || parentProxy?.cidrs?.length === 0) {
    return { message: 'a list of blocks of addresses is empty', remedy: 'Give at least one, for example 10.0.0.1/32' };
  }
  const cidrs = [...(apiServer?.cidrs ?? []), ...(parentProxy?.cidrs ?? [])];
  return cidrs.map(cidrFault).find((fault) => fault !== undefined);
}

function parentFault({ parentProxy }: ClusterProfileOptions): SynthFault | undefined {
  if (parentProxy === undefined) return undefined;
  const { host, cidrs } = parentProxy;
  if (isIP(host) === 6) {
    return {
      message: `parentProxy.host is the address "${host}" of IPv6`,
      remedy: "Give its host name, and the address as cidrs: ['fd00::8/128']",
    };
  }
  if (isIP(host) === 4 || cidrs !== undefined) return undefined;
  return {
    message: `parentProxy.host is the name "${host}"`,
    remedy: "Give its addresses too: cidrs: ['10.0.0.8/32']",
  };
}

function portFault({ apiServer, parentProxy }: ClusterProfileOptions): SynthFault | undefined {
  const wrong = [apiServer?.port, parentProxy?.port].find((port) => port !== undefined && !isPort(port));
  if (wrong === undefined) return undefined;
  return { message: `${wrong} is no port`, remedy: 'Give a whole number from 1 to 65535' };
}
