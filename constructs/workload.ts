import { ApiObject, Lazy } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { serviceAudienceOf, serviceSubjectOf, tokensVolume, trustBundleVolume } from '../lib/identity/service-identity';
import { networkPolicySpec } from '../lib/network/network-policy';
import type { HostRule } from '../lib/network/egress/host-rule';
import type { Connection, NetworkPeer, PodPeer } from '../lib/network/peer';
import { covers, tcp, type PortRange } from '../lib/network/port';
import { CONFIG_HASH_ANNOTATION, configHash } from '../lib/synth/config-hash';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import { objectLabels, selectorLabels, type ServingRuntime } from '../lib/workload/labels';
import {
  claimName,
  METRICS_PORT,
  podsHost,
  podsServiceName,
  RUNTIME_PORT,
  serviceHost,
  type WorkloadName,
} from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { bindingOf, checkRule, RBAC_API_VERSION, type PolicyRule } from '../lib/workload/rbac';
import { serviceSpec, type ServicePort } from '../lib/workload/service';
import type { MountedVolume } from '../lib/workload/volumes';
import { AppId } from './app-id';
import { ClusterProfile } from './cluster-profile';
import type { PodOptions } from './pod-options';
import { Trust } from './trust';
import { claimAccount } from './workload-account';
import { WorkloadEgress, type ProxyFinder } from './workload-egress';
import { WorkloadPod } from './workload-pod';

/** Where clients in a pod find the API server; the kubelet fills it in. */
const API_SERVER_HOST = '$(KUBERNETES_SERVICE_HOST)';

/** What every runtime takes by default. */
const USUAL_BODY_BYTES = 1024 * 1024;

/** What a construct adds to the options of its pods. */
export interface WorkloadSpec {
  readonly runtime: ServingRuntime;
  /** File name of the runtime's document. */
  readonly documentFile: string;
  /** Text of the document; called when the program is complete. */
  readonly document: () => string;
  /** ConfigMap that holds the document. */
  readonly documentConfigMap: string;
  /** Whether a change of the document rolls the pods; else the runtime reloads it. */
  readonly rollsOnChange: boolean;
  readonly graceMs: () => number;
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom?: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly MountedVolume[];
  /** Whether others call it by name of their ServiceAccount, so that it needs the trust bundle. */
  readonly checksCallers?: boolean;
  /** Files that roll the pods when they change, beside the document. */
  readonly mountedFiles?: Readonly<Record<string, string>>;
  /** Annotations of the ServiceAccount. */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>;
  /** How the egress proxy of the cluster's profile is found; absent for the proxy itself. */
  readonly proxyFor?: ProxyFinder;
  /** Openings that are known only when the program is complete. */
  readonly openings?: () => { readonly ingress: readonly Connection[]; readonly egress: readonly Connection[] };
  /** Ports of the Services; absent: the runtime's. */
  readonly servicePorts?: () => ServicePort[];
}

/** The objects that make one of our runtimes a workload of the cluster. Its openings are what is connected to it. */
export class Workload {
  public readonly id: WorkloadName;
  public readonly profile: ClusterProfile;
  public readonly names: WorkloadEgress;
  /** Largest request body that a caller sends; absent: no more than usual. */
  public maxBodyBytes?: number;
  public readonly pod: WorkloadPod;
  /** `sub` of the tokens that its pods show to the services that they call. */
  public readonly subject: string;
  private readonly ingress: Connection[] = [];
  private readonly egress: Connection[] = [];
  private readonly callees = new Map<string, WorkloadName>();
  private readonly rules: PolicyRule[] = [];
  private readonly serviceAccountName: string;
  private needsToken = false;

  public constructor(
    private readonly scope: Construct,
    options: PodOptions,
    private readonly spec: WorkloadSpec,
  ) {
    this.id = claimName(scope);
    this.profile = ClusterProfile.of(scope);
    this.names = new WorkloadEgress({
      scope,
      name: this.id.name,
      pods: this.peer,
      profile: this.profile,
      proxyFor: spec.proxyFor,
      honoursProxy: options.image === undefined || options.honoursProxy === true,
      addObject: (id, policy, policySpec) =>
        this.add(id, policy.apiVersion, policy.kind, policy.name, { spec: policySpec }),
    });
    const volumes = [...(spec.volumes ?? []), ...this.identityVolumes()];
    this.pod = new WorkloadPod(scope, this.id, options, { ...spec, volumes }, this.profile);
    this.serviceAccountName = options.serviceAccount?.name ?? this.id.name;
    this.subject = serviceSubjectOf(this.id.namespace, this.serviceAccountName);
    if (spec.runtime === 'agent' || spec.runtime === 'gateway') claimAccount(scope, this.subject);
    this.addObjects(options);
    this.openForProfile();
    scope.node.addValidation({ validate: () => this.faults() });
  }

  /** Whether addresses, which may be outside of the cluster, are let in to the runtime. */
  public get admitsAddresses(): boolean {
    return this.ingress.some(({ peer, port }) => 'cidr' in peer && covers(port, RUNTIME_PORT));
  }

  /** Whether anybody is let in to the runtime. */
  public get admitsAnybody(): boolean {
    return this.ingress.some(({ port }) => covers(port, RUNTIME_PORT));
  }

  /** The pods of this workload, as policies name them. */
  public get peer(): PodPeer {
    return { namespace: this.id.namespace, podLabels: selectorLabels(this.spec.runtime, this.id.name) };
  }

  /** Port at which metrics are served; absent if the profile names nobody who reads them. */
  public get metricsPort(): number | undefined {
    return this.profile._options.metricsScraper === undefined ? undefined : METRICS_PORT;
  }

  /** Lets the pods of this workload call those of another, on both sides. */
  public connectTo(other: Workload, port: PortRange = tcp(RUNTIME_PORT)): void {
    requireSameProgram(this.scope, other.scope);
    this.egress.push({ peer: other.peer, port });
    other.ingress.push({ peer: this.peer, port });
    this.names.addServiceHosts(serviceHost(other.id), podsHost(other.id));
  }

  /** Lets the pods call the service of another workload: the way to it, and a token that shows it who calls. */
  public callService(other: Workload): void {
    this.connectTo(other);
    this.callees.set(serviceAudienceOf(other.id), other.id);
  }

  /** Lets the pods connect to a peer that is not a workload of ours. */
  public allowTo(peer: NetworkPeer, port: PortRange): void {
    this.egress.push({ peer, port });
    const namespace = namespaceOf(peer);
    if (namespace !== undefined) this.names.addServiceHosts(`*.${namespace}.svc`);
  }

  /** Lets the pods connect to a host by name. */
  public allowToHost(host: HostRule): void {
    this.names.addHost(host);
  }

  /** Lets the pods call the Kubernetes API, and gives them their ServiceAccount's token. */
  public allowToApiServer(): void {
    this.needsToken = true;
    this.egress.push(...deferFault(this.scope, () => this.names.addApiServer(), []));
  }

  /** Lets the pods do something in the Kubernetes API. @throws SynthError RBAC_INVALID, SERVICE_ACCOUNT_INVALID */
  public grantKubernetes(rule: PolicyRule): void {
    checkRule(this.scope.node.path, rule);
    this.allowToApiServer();
    this.rules.push(rule);
    if (this.rules.length > 1) return;
    const { name, namespace } = this.id;
    const binding = bindingOf('Role', name, { name: this.serviceAccountName, namespace });
    this.add('role', RBAC_API_VERSION, 'Role', name, { rules: Lazy.any({ produce: () => this.rules }) });
    this.add('role-binding', RBAC_API_VERSION, 'RoleBinding', name, binding);
  }

  /** Lets requests in whose bodies are this large. */
  public acceptBodies(bytes: number): void {
    if (bytes > Math.max(USUAL_BODY_BYTES, this.maxBodyBytes ?? 0)) this.maxBodyBytes = bytes;
  }

  /** Lets a peer that is not of this program in, at the runtime's port or another. */
  public allowFrom(peer: NetworkPeer, port: PortRange = tcp(RUNTIME_PORT)): void {
    this.ingress.push({ peer, port });
  }

  /** Adds a ConfigMap of this workload. */
  public addConfigMap(name: string, data: Readonly<Record<string, unknown>>): void {
    this.add(`config-map-${name}`, 'v1', 'ConfigMap', name, { data });
  }

  private identityVolumes(): MountedVolume[] {
    if (this.spec.runtime === 'egress-proxy') return [];
    const callees = () => [...this.callees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
    const tokens = this.spec.runtime === 'sandbox' ? [] : [tokensVolume(callees)];
    if (this.spec.checksCallers !== true) return tokens;
    return [
      ...tokens,
      trustBundleVolume(Trust._for(this.scope, this.profile).addCallee(this.scope, this.id.namespace)),
    ];
  }

  private add(
    id: string,
    apiVersion: string,
    kind: string,
    name: string,
    rest: Record<string, unknown>,
    annotations?: unknown,
  ): ApiObject {
    claimObjectName(this.scope, { apiVersion, kind, namespace: this.id.namespace, name });
    const labels = { ...objectLabels(this.spec.runtime, this.id.name), ...AppId._labelsFor(this.scope) };
    const metadata = annotations === undefined ? { name, labels } : { name, labels, annotations };
    return new ApiObject(this.scope, id, { apiVersion, kind, metadata: metadata as never, ...rest });
  }

  private addObjects(options: PodOptions): void {
    const { spec, id } = this;
    const { pod } = this;
    // First, since kubectl applies in this order: no pod stands for a moment without it.
    this.add('network-policy', 'networking.k8s.io/v1', 'NetworkPolicy', id.name, {
      spec: Lazy.any({ produce: () => this.networkPolicy() }),
    });
    this.addConfigMap(spec.documentConfigMap, {
      [spec.documentFile]: Lazy.any({ produce: () => spec.document() }),
    });
    if (options.serviceAccount === undefined) {
      const account = { automountServiceAccountToken: false };
      this.add('service-account', 'v1', 'ServiceAccount', id.name, account, spec.serviceAccountAnnotations);
    }
    this.scope.node.defaultChild = this.add(pod.controllerId, 'apps/v1', pod.controllerKind, id.name, {
      spec: Lazy.any({ produce: () => pod.controllerSpec(this.podFacts()) }),
    });
    for (const headless of [false, true]) {
      const name = headless ? podsServiceName(id.name) : id.name;
      this.add(headless ? 'pods-service' : 'service', 'v1', 'Service', name, {
        spec: Lazy.any({ produce: () => this.service(headless) }),
      });
    }
    for (const { id: child, apiVersion, kind, spec: rest } of pod.companions) {
      this.add(child, apiVersion, kind, id.name, { spec: rest });
    }
  }

  /** What the cluster's profile opens for every workload: those who read metrics, and the mesh's control plane. */
  private openForProfile(): void {
    const { metricsScraper, mesh } = this.profile._options;
    if (metricsScraper !== undefined && this.spec.runtime !== 'egress-proxy') {
      this.allowFrom(metricsScraper._network('ClusterProfile.metricsScraper'), tcp(METRICS_PORT));
    }
    if (mesh === undefined || this.spec.runtime === 'egress-proxy') return;
    for (const { peer, port } of mesh._egress) this.allowTo(peer, port);
  }

  /** Faults that show only when the program is complete. */
  private faults(): string[] {
    const found = this.pod.faults(this.spec.graceMs(), Object.keys(this.names.environment([])));
    try {
      splitIntoConfigMaps({ [this.spec.documentFile]: this.spec.document() }, this.scope.node.path);
      return found;
    } catch (error) {
      return [...found, (error as Error).message];
    }
  }

  /** What of the pods is known only when the program is complete. */
  private podFacts() {
    return {
      graceMs: this.spec.graceMs(),
      dns: this.resolvesNames(),
      token: this.needsToken,
      metricsPort: this.spec.runtime === 'egress-proxy' ? undefined : this.metricsPort,
      annotations: this.configHashAnnotation(),
      env: this.names.environment([...this.directHosts(), ...(this.needsToken ? [API_SERVER_HOST] : [])]),
    };
  }

  private configHashAnnotation(): Record<string, string> {
    if (!this.spec.rollsOnChange) return {};
    const files = { ...this.spec.mountedFiles, [this.spec.documentFile]: this.spec.document() };
    return { [CONFIG_HASH_ANNOTATION]: configHash(files) };
  }

  /** Whether there is a name to resolve: a pod's, or a host's. */
  private resolvesNames(): boolean {
    if (this.spec.openings !== undefined || this.names.allowedHosts.length > 0) return true;
    return this.egress.some(({ peer }) => !('cidr' in peer));
  }

  /** Addresses that are called past the proxy; NO_PROXY of Node has no CIDR, so only single ones count. */
  private directHosts(): string[] {
    return this.egress.flatMap(({ peer }) => {
      const [, address] = ('cidr' in peer && /^(.*)\/(?:32|128)$/.exec(peer.cidr)) || [];
      return address === undefined ? [] : [address];
    });
  }

  private service(headless: boolean) {
    const ports = this.spec.servicePorts?.() ?? [{ name: 'http', port: RUNTIME_PORT, targetPort: 'http' }];
    return serviceSpec({
      runtime: this.spec.runtime,
      name: this.id.name,
      headless,
      ports,
      ipFamily: this.profile.ipFamily,
    });
  }

  /** The egress proxy has no sidecar. */
  private meshed(connections: readonly Connection[]): readonly Connection[] {
    const { mesh, metricsScraper } = this.profile._options;
    if (mesh === undefined || this.spec.runtime === 'egress-proxy') return connections;
    const readers = metricsScraper === undefined ? [] : [metricsScraper._network('ClusterProfile.metricsScraper')];
    return mesh._between(connections, readers);
  }

  private networkPolicy() {
    const { podLabels } = this.peer;
    const late = this.spec.openings?.() ?? { ingress: [], egress: [] };
    const ingress = [...this.meshed(this.ingress), ...late.ingress];
    const egress = [...this.meshed(this.egress), ...late.egress, ...this.names.connections()];
    const dns = this.resolvesNames() && !this.names.filtersDns ? this.profile._dns._facts : undefined;
    return networkPolicySpec({ podLabels, ingress, egress, dns });
  }
}

/** The namespace that a peer names, `*` for pods of whichever; absent for addresses. */
function namespaceOf(peer: NetworkPeer): string | undefined {
  if ('cidr' in peer) return undefined;
  if ('namespace' in peer) return peer.namespace;
  return peer.namespaceSelector.matchLabels?.['kubernetes.io/metadata.name'] ?? '*';
}

/** The workload behind a construct of ours; absent for other constructs. */
export function workloadOf(construct: object): Workload | undefined {
  const { _workload: workload } = construct as { readonly _workload?: unknown };
  return workload instanceof Workload ? workload : undefined;
}

/** A reference into another app would open the way to objects that are not synthesized with it. */
export function requireSameProgram(construct: IConstruct, other: IConstruct): void {
  if (construct.node.root === other.node.root) return;
  throw new SynthError('NOT_IN_PROGRAM', construct, {
    message: `it refers to ${other.node.path}, which belongs to another app`,
    remedy: 'Build both in the same App',
  });
}
