import { ApiObject, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { networkPolicySpec } from '../lib/network/network-policy';
import type { HostRule } from '../lib/network/egress/host-rule';
import type { Connection, NetworkPeer, PodPeer } from '../lib/network/peer';
import type { PortRange } from '../lib/network/port';
import { configHash } from '../lib/synth/config-hash';
import { cronJobSpec, jobSpec, type JobPod } from '../lib/workload/job';
import { objectLabels, selectorLabels } from '../lib/workload/labels';
import type { WorkloadName } from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { renderResources } from '../lib/workload/resources';
import type { MountedVolume } from '../lib/workload/volumes';
import { AppId } from './app-id';
import { caVariables, caVolumes } from './ca-bundle';
import { ClusterProfile } from './cluster-profile';
import { runtimeImage } from './runtime-image';
import { WorkloadEgress, type ProxyFinder } from './workload-egress';
import { securityOf } from './workload-security';

const DOCUMENT_DIRECTORY = '/etc/agentyard';
/** Characters of the hash in a Job's name. */
const HASH_LENGTH = 10;

/** A job of the identity runtime. */
export interface JobWorkloadSpec {
  readonly id: WorkloadName;
  /** Which of the runtime's jobs it is. */
  readonly job: 'trust' | 'realm';
  readonly documentFile: string;
  /** Text of the document; called when the program is complete. */
  readonly document: () => string;
  /** When it runs beside once for each content of its document, five fields in UTC; absent: at no other time. */
  readonly schedule?: string;
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly MountedVolume[];
  /** How the egress proxy is found, for a job that calls hosts by name. */
  readonly proxyFor?: ProxyFinder;
}

/** The objects of a job: it may reach what it is let to, nobody may reach it, and it holds no rights but those given. */
export class JobWorkload {
  public readonly profile: ClusterProfile;
  private readonly names: WorkloadEgress;
  private readonly egress: Connection[] = [];
  private needsToken = false;

  public constructor(
    private readonly scope: Construct,
    private readonly spec: JobWorkloadSpec,
  ) {
    this.profile = ClusterProfile.of(scope);
    this.names = new WorkloadEgress({
      scope,
      name: spec.id.name,
      pods: this.peer,
      profile: this.profile,
      proxyFor: spec.proxyFor,
      honoursProxy: true,
      addObject: (id, policy, policySpec) =>
        this.add(id, policy.apiVersion, policy.kind, policy.name, { spec: policySpec }),
    });
    this.addObjects();
  }

  /** The pods, as policies name them. */
  public get peer(): PodPeer {
    const { name, namespace } = this.spec.id;
    return { namespace, podLabels: selectorLabels('identity', name) };
  }

  /** Lets the job connect to a peer. */
  public allowTo(peer: NetworkPeer, port: PortRange): void {
    this.egress.push({ peer, port });
  }

  /** Lets the job connect to a host by name. */
  public allowToHost(host: HostRule): void {
    this.names.addHost(host);
  }

  /** Lets the job call the Kubernetes API with the token of its ServiceAccount. @throws SynthError PROFILE_FACT_MISSING */
  public allowToApiServer(): void {
    this.needsToken = true;
    this.egress.push(...this.names.addApiServer());
  }

  private addObjects(): void {
    const { id, documentFile, document, schedule } = this.spec;
    this.add('network-policy', 'networking.k8s.io/v1', 'NetworkPolicy', id.name, {
      spec: Lazy.any({ produce: () => this.networkPolicy() }),
    });
    this.add('document', 'v1', 'ConfigMap', id.name, { data: { [documentFile]: Lazy.any({ produce: document }) } });
    this.add('service-account', 'v1', 'ServiceAccount', id.name, { automountServiceAccountToken: false });
    if (schedule !== undefined) {
      const spec = Lazy.any({ produce: () => cronJobSpec(schedule, this.pod()) });
      this.add('cron-job', 'batch/v1', 'CronJob', id.name, { spec });
    }
    // What a Job runs cannot be changed: another document makes another Job.
    const name = Lazy.any({ produce: () => `${id.name}-${this.hash()}` });
    this.add('job', 'batch/v1', 'Job', name, { spec: Lazy.any({ produce: () => jobSpec(this.pod()) }) });
  }

  private add(id: string, apiVersion: string, kind: string, name: unknown, rest: Record<string, unknown>): ApiObject {
    // A Job's name has a hash; what else it has is named without.
    if (typeof name === 'string') {
      claimObjectName(this.scope, { apiVersion, kind, namespace: this.spec.id.namespace, name });
    }
    const labels = { ...objectLabels('identity', this.spec.id.name), ...AppId._labelsFor(this.scope) };
    return new ApiObject(this.scope, id, { apiVersion, kind, metadata: { name, labels } as never, ...rest });
  }

  private hash(): string {
    const files = { [this.spec.documentFile]: this.spec.document(), pod: JSON.stringify(this.pod()) };
    return configHash(files).slice(0, HASH_LENGTH);
  }

  private pod(): JobPod {
    const { id, job, env = [], volumes = [] } = this.spec;
    const { profile, scope } = this;
    const security = securityOf(scope, {}, profile._assignsUsers);
    // A sidecar would keep the job from ending.
    const mesh = profile._options.mesh?._part(false, profile._minor);
    const proxy = this.names.environment(this.needsToken ? ['$(KUBERNETES_SERVICE_HOST)'] : []);
    const document = { name: 'AGENTYARD_DOCUMENT', value: `${DOCUMENT_DIRECTORY}/${this.spec.documentFile}` };
    const source = { configMap: { name: id.name } };
    return {
      runtime: 'identity',
      name: id.name,
      image: runtimeImage('identity', profile),
      args: [job],
      env: [
        document,
        ...caVariables(profile),
        ...env,
        ...Object.entries(proxy).map(([name, value]) => ({ name, value })),
      ],
      volumes: [
        { name: 'config', mountPath: DOCUMENT_DIRECTORY, readOnly: true, source },
        ...caVolumes(profile),
        ...volumes,
      ],
      resources: renderResources('identity', undefined, scope),
      security: security.settings,
      labels: { ...mesh?.podLabels },
      annotations: { ...mesh?.podAnnotations, ...security.annotations },
      imagePullSecrets: profile._options.imagePullSecretNames ?? [],
      dns: this.resolvesNames(),
      token: this.needsToken,
    };
  }

  private resolvesNames(): boolean {
    return this.names.allowedHosts.length > 0 || this.egress.some(({ peer }) => !('cidr' in peer));
  }

  private networkPolicy() {
    const dns = this.resolvesNames() && !this.names.filtersDns ? this.profile._dns._facts : undefined;
    const egress = [...this.egress, ...this.names.connections()];
    return networkPolicySpec({ podLabels: this.peer.podLabels, ingress: [], egress, dns });
  }
}
