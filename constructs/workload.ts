import { ApiObject, Lazy } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { serviceAudienceOf, serviceSubjectOf, tokensVolume, trustBundleVolume } from '../lib/identity/service-identity';
import type { HostRule } from '../lib/network/egress/host-rule';
import type { NetworkPeer, PodPeer } from '../lib/network/peer';
import { tcp, type PortRange } from '../lib/network/port';
import { CONFIG_HASH_ANNOTATION, configHash } from '../lib/synth/config-hash';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import { objectLabels, selectorLabels } from '../lib/workload/labels';
import {
  claimName,
  METRICS_PORT,
  PEER_PORT,
  peersHost,
  peersServiceName,
  podsHost,
  podsServiceName,
  RUNTIME_PORT,
  serviceHost,
  type WorkloadName,
} from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { bindingOf, checkRule, RBAC_API_VERSION, type PolicyRule } from '../lib/workload/rbac';
import { servedPortName, serviceSpec, type ServicePort } from '../lib/workload/service';
import type { MountedVolume } from '../lib/workload/volumes';
import { AppId } from './app-id';
import { ClusterProfile } from './cluster-profile';
import type { PodOptions } from './pod-options';
import { Trust } from './trust';
import { claimAccount } from './workload-account';
import { WorkloadEgress } from './workload-egress';
import { WorkloadNetwork } from './workload-network';
import { WorkloadPod } from './workload-pod';
import type { WorkloadSpec } from './workload-spec';

/** Where clients in a pod find the API server; the kubelet fills it in. */
const API_SERVER_HOST = '$(KUBERNETES_SERVICE_HOST)';

/** What every runtime takes by default. */
const USUAL_BODY_BYTES = 1024 * 1024;

/** The port of a Service by which pods find each other. */
const PEERS: ServicePort = { name: 'peers', port: PEER_PORT, targetPort: 'peers' };

/** The objects that make what serves a workload of the cluster. Its openings are what is connected to it. */
export class Workload {
  public readonly id: WorkloadName;
  public readonly profile: ClusterProfile;
  public readonly names: WorkloadEgress;
  /** Largest request body that a caller sends; absent: no more than usual. */
  public maxBodyBytes?: number;
  public readonly pod: WorkloadPod;
  /** `sub` of the tokens that its pods show to the services that they call. */
  public readonly subject: string;
  private readonly network: WorkloadNetwork;
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
    this.network = new WorkloadNetwork({
      pods: this.peer,
      profile: this.profile,
      names: this.names,
      // The egress proxy has no sidecar.
      meshed: spec.runtime !== 'egress-proxy',
      openings: spec.openings,
    });
    const volumes = [...(spec.volumes ?? []), ...this.identityVolumes()];
    this.pod = new WorkloadPod(scope, this.id, options, { ...spec, volumes }, this.profile);
    this.serviceAccountName = options.serviceAccount?.name ?? this.id.name;
    this.subject = serviceSubjectOf(this.id.namespace, this.serviceAccountName);
    if (spec.runtime === 'agent' || spec.runtime === 'gateway') claimAccount(scope, this.subject);
    this.addObjects(options);
    if (spec.hasPeers === true) this.openForPeers();
    this.openForScraper();
    scope.node.addValidation({ validate: () => this.faults() });
  }

  /** Port that its pods serve at. */
  public get port(): number {
    return this.spec.foreign?.port ?? RUNTIME_PORT;
  }

  /** Whether addresses, which may be outside of the cluster, are let in to what it serves. */
  public get admitsAddresses(): boolean {
    return this.network.admitsAddresses(this.port);
  }

  /** Whether anybody is let in to what it serves. */
  public get admitsAnybody(): boolean {
    return this.network.admitsAnybody(this.port);
  }

  /** Whether the program lets its pods connect to anything. */
  public get connectsOut(): boolean {
    return this.needsToken || this.network.connectsOut;
  }

  /** The pods of this workload, as policies name them. */
  public get peer(): PodPeer {
    return { namespace: this.id.namespace, podLabels: selectorLabels(this.spec.runtime, this.id.name) };
  }

  /** Port at which metrics are served; absent if the profile names nobody who reads them, or the image has none of ours. */
  public get metricsPort(): number | undefined {
    const { runtime } = this.spec;
    if (runtime === 'egress-proxy' || runtime === 'mcp-server') return undefined;
    return this.profile._options.metricsScraper === undefined ? undefined : METRICS_PORT;
  }

  /** Lets the pods of this workload call those of another, on both sides. */
  public connectTo(other: Workload, port: PortRange = tcp(other.port)): void {
    requireSameProgram(this.scope, other.scope);
    this.network.allowToService(other.peer, port, [serviceHost(other.id), podsHost(other.id)]);
    other.network.allowFrom(this.peer, port);
  }

  /** Lets the pods call the service of another workload: the way to it, and a token that shows it who calls. */
  public callService(other: Workload): void {
    this.connectTo(other);
    this.callees.set(serviceAudienceOf(other.id), other.id);
  }

  /** Lets the pods connect to a peer that is not a workload of ours. */
  public allowTo(peer: NetworkPeer, port: PortRange): void {
    this.network.allowTo(peer, port);
  }

  /** Lets the pods connect to a host by name. */
  public allowToHost(host: HostRule): void {
    this.names.addHost(host);
  }

  /** Lets the pods call the Kubernetes API, and gives them their ServiceAccount's token. */
  public allowToApiServer(): void {
    if (this.needsToken) return;
    this.needsToken = true;
    this.network.allowToAddresses(deferFault(this.scope, () => this.names.addApiServer(), []));
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

  /** Lets a peer that is not of this program in, at the port that is served or another. */
  public allowFrom(peer: NetworkPeer, port: PortRange = tcp(this.port)): void {
    this.network.allowFrom(peer, port);
  }

  /** Adds a ConfigMap of this workload. */
  public addConfigMap(name: string, data: Readonly<Record<string, unknown>>): void {
    this.add(`config-map-${name}`, 'v1', 'ConfigMap', name, { data });
  }

  private identityVolumes(): MountedVolume[] {
    if (this.spec.runtime === 'egress-proxy' || this.spec.runtime === 'mcp-server') return [];
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
      spec: Lazy.any({ produce: () => this.network.policySpec() }),
    });
    if (spec.document !== undefined) {
      const { configMap, file, text } = spec.document;
      this.addConfigMap(configMap, { [file]: Lazy.any({ produce: () => text() }) });
    }
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

  /** Lets those in who read metrics. */
  private openForScraper(): void {
    const { metricsScraper } = this.profile._options;
    if (metricsScraper === undefined || this.metricsPort === undefined) return;
    this.allowFrom(metricsScraper._network('ClusterProfile.metricsScraper'), tcp(this.metricsPort));
  }

  /** Lets the pods call each other, whether they are ready or not: what hangs on a connection ends before its pod does. */
  private openForPeers(): void {
    const { peer, id } = this;
    this.network.allowToService(peer, tcp(PEER_PORT), [peersHost(id)]);
    this.network.allowFrom(peer, tcp(PEER_PORT));
    const spec = { ...this.service(true, [PEERS]), publishNotReadyAddresses: true };
    this.add('peers-service', 'v1', 'Service', peersServiceName(id.name), { spec });
  }

  /** Faults that show only when the program is complete. */
  private faults(): string[] {
    const found = this.pod.faults(this.spec.graceMs(), Object.keys(this.names.environment([])));
    const { document } = this.spec;
    if (document === undefined) return found;
    try {
      splitIntoConfigMaps({ [document.file]: document.text() }, this.scope.node.path);
      return found;
    } catch (error) {
      return [...found, (error as Error).message];
    }
  }

  /** What of the pods is known only when the program is complete. */
  private podFacts() {
    return {
      graceMs: this.spec.graceMs(),
      dns: this.network.resolvesNames,
      token: this.needsToken,
      metricsPort: this.metricsPort,
      servesTls: this.spec.servesTls?.() ?? false,
      annotations: this.configHashAnnotation(),
      env: this.names.environment([...this.network.directHosts, ...(this.needsToken ? [API_SERVER_HOST] : [])]),
    };
  }

  private configHashAnnotation(): Record<string, string> {
    const { document, mountedFiles } = this.spec;
    if (document?.rollsOnChange !== true) return {};
    return { [CONFIG_HASH_ANNOTATION]: configHash({ ...mountedFiles, [document.file]: document.text() }) };
  }

  private service(headless: boolean, ports = this.spec.servicePorts?.() ?? [this.servedPort]) {
    const { runtime } = this.spec;
    return serviceSpec({ runtime, name: this.id.name, headless, ports, ipFamily: this.profile.ipFamily });
  }

  private get servedPort(): ServicePort {
    const tls = this.spec.servesTls?.() ?? false;
    return { name: servedPortName(tls), port: this.port, targetPort: 'http', tls };
  }
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
