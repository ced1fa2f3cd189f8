import type { Construct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { checkVolumeMemory } from '../lib/synth/volume-memory';
import { deploymentSpec } from '../lib/workload/deployment';
import { ownVariables, proxyVariableFaults } from '../lib/workload/environment';
import { checkedLabels } from '../lib/workload/labels';
import {
  checkedLabel,
  checkedObjectName,
  podsServiceName,
  RUNTIME_PORT,
  type WorkloadName,
} from '../lib/workload/names';
import { podTemplate } from '../lib/workload/pod';
import { RUNTIME_HEALTH, unreadyAfterMs } from '../lib/workload/probes';
import { memoryLimitBytes, renderResources } from '../lib/workload/resources';
import { statefulSetSpec } from '../lib/workload/stateful-set';
import { DEFAULT_SPREAD, spreadFaults, topologySpreadConstraints } from '../lib/workload/topology-spread';
import { distinctVolumes, memoryOfVolumes, type MountedVolume } from '../lib/workload/volumes';
import { caVariables, caVolumes } from './ca-bundle';
import type { ClusterProfile } from './cluster-profile';
import type { PodOptions } from './pod-options';
import { runtimeImage } from './runtime-image';
import { podField } from '../lib/workload/pod-field';
import type { Toleration } from './scheduling-options';
import { accountFaults, warnOfForeignAccount } from './workload-account';
import { probeTimings } from './workload-probes';
import { WorkloadRollout } from './workload-rollout';
import { WorkloadScale, type Companion } from './workload-scale';
import { securityOf } from './workload-security';
import type { WorkloadSpec } from './workload-spec';

/** Directory of the runtime's document in the container. */
const DOCUMENT_DIRECTORY = '/etc/agentyard';

/** By which address a pod is called by others. */
const OWN_ADDRESS = podField('POD_IP', 'status.podIP');

/** What of the pods is known only when the program is complete. */
export interface PodFacts {
  readonly graceMs: number;
  readonly dns: boolean;
  readonly token: boolean;
  readonly metricsPort?: number;
  readonly servesTls: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** The pods of a workload: what its options, its construct and the cluster's profile say of them. */
export class WorkloadPod {
  private readonly given;
  private readonly scale: WorkloadScale;
  private readonly rollout: WorkloadRollout;

  /** What the options alone decide is checked at once; the rest is known when the program is complete. */
  public constructor(
    private readonly scope: Construct,
    private readonly id: WorkloadName,
    private readonly options: PodOptions,
    private readonly spec: WorkloadSpec,
    private readonly profile: ClusterProfile,
  ) {
    this.scale = new WorkloadScale({ place: scope, runtime: spec.runtime, id, profile }, options);
    this.rollout = new WorkloadRollout(scope, options, this.controllerKind);
    this.given = {
      resources: renderResources(spec.runtime, options.resources, scope),
      env: this.env(),
      volumes: this.volumes(),
      labels: { ...this.mesh?.podLabels, ...this.labels(options.podLabels) },
      nodeSelector: options.nodeSelector && this.labels(options.nodeSelector),
      tolerations: options.tolerations?.map(renderToleration),
      topologySpreadConstraints: this.topologySpread(),
      priorityClassName: this.objectName(options.priorityClassName),
      runtimeClassName: this.objectName(spec.runtimeClassName),
      probes: probeTimings(scope, options, spec.runtime),
      security: securityOf(scope, options, profile._assignsUsers),
    };
    this.checkMemory();
    if (options.serviceAccount !== undefined) {
      warnOfForeignAccount(scope, options.serviceAccount, spec.serviceAccountAnnotations ?? {});
    }
  }

  public get controllerKind(): 'Deployment' | 'StatefulSet' {
    return this.spec.runtime === 'egress-proxy' ? 'StatefulSet' : 'Deployment';
  }

  public get controllerId(): string {
    return this.controllerKind === 'Deployment' ? 'deployment' : 'stateful-set';
  }

  /** The objects that keep the number of pods. */
  public get companions(): readonly Companion[] {
    return this.scale.companions;
  }

  /** Number of pods, where it is fixed. */
  public get replicas(): number | undefined {
    return this.scale.replicas;
  }

  /** How long it takes at most until Kubernetes sees that a pod is not ready. */
  public get unreadyAfterMs(): number {
    return unreadyAfterMs(this.given.probes);
  }

  /** The spec of the Deployment or StatefulSet. */
  public controllerSpec(facts: PodFacts) {
    const { runtime } = this.spec;
    const { name } = this.id;
    const { replicas } = this.scale;
    const controller = { runtime, name, replicas, rollout: this.rollout.rollout, template: this.template(facts) };
    if (this.controllerKind === 'Deployment') return deploymentSpec(controller);
    return statefulSetSpec({ ...controller, serviceName: podsServiceName(name) });
  }

  /** Faults that show only when the program is complete. @param proxyVariables what the egress proxy sets */
  public faults(graceMs: number, proxyVariables: readonly string[]): string[] {
    const { scope, options, id, spec } = this;
    const needed = spec.serviceAccountAnnotations ?? {};
    return [
      ...this.rollout.faults(graceMs),
      ...proxyVariableFaults(scope, Object.keys(options.env ?? {}), proxyVariables),
      ...(options.serviceAccount === undefined
        ? []
        : accountFaults(scope, id.namespace, options.serviceAccount, needed)),
    ];
  }

  private template(facts: PodFacts) {
    const { options, spec, given, profile } = this;
    return podTemplate({
      ...given,
      volumes: given.volumes.filter(({ isNeeded }) => isNeeded?.() ?? true),
      runtime: spec.runtime,
      name: this.id.name,
      serviceAccountName: options.serviceAccount?.name ?? this.id.name,
      image: options.image ?? runtimeImage(spec.runtime, profile),
      imagePullPolicy: options.imagePullPolicy,
      ...(spec.foreign ?? { port: RUNTIME_PORT, health: RUNTIME_HEALTH }),
      hasPeers: spec.hasPeers === true,
      initContainers: spec.initContainers ?? [],
      envFrom: spec.envFrom ?? [],
      env: [...given.env, ...Object.entries(facts.env).map(([name, value]) => ({ name, value }))],
      terminationGracePeriodSeconds: this.rollout.graceSeconds(facts.graceMs),
      preStop: this.preStop,
      dns: facts.dns,
      token: options.security?.automountToken ?? facts.token,
      metricsPort: facts.metricsPort,
      servesTls: facts.servesTls,
      security: given.security.settings,
      annotations: {
        ...this.mesh?.podAnnotations,
        ...options.podAnnotations,
        ...given.security.annotations,
        ...facts.annotations,
      },
      imagePullSecrets: [
        ...(options.imagePullSecrets ?? []).map((secret) => secret.name),
        ...(profile._options.imagePullSecretNames ?? []),
      ],
    });
  }

  /** An image that is not of this library may have no command that waits. */
  private get preStop() {
    const sleepAction = this.profile._minor >= 30;
    const canWait = sleepAction || this.spec.foreign === undefined;
    return { seconds: canWait ? this.rollout.preStopSeconds : 0, sleepAction };
  }

  private get mesh() {
    return this.profile._options.mesh?._part(this.spec.runtime !== 'egress-proxy', this.profile._minor);
  }

  /** Labels that a program gives; each that is none is a fault of its own. */
  private labels(given: Readonly<Record<string, string>> = {}): Record<string, string> {
    const checked = Object.entries(given).map(([key, value]) =>
      deferFault(this.scope, () => checkedLabels(this.scope, { [key]: value }), {}),
    );
    return Object.assign({}, ...checked) as Record<string, string>;
  }

  private topologySpread() {
    const { scope, spec, options } = this;
    const rules = options.topologySpread?.map(({ _rule }) => _rule) ?? DEFAULT_SPREAD;
    for (const fault of spreadFaults(rules)) {
      reportFault(scope, new SynthError('TOPOLOGY_SPREAD_INVALID', scope, fault));
    }
    const deployment = this.controllerKind === 'Deployment';
    return topologySpreadConstraints(rules, { runtime: spec.runtime, name: this.id.name, deployment });
  }

  /** The name of a class of the cluster. */
  private objectName(name: string | undefined): string | undefined {
    return name && deferFault(this.scope, () => checkedObjectName(this.scope, name), undefined);
  }

  private env() {
    const own = Object.entries(this.options.env ?? {}).map(([name, value]) => {
      return { name, value: value.value as unknown, valueFrom: value.valueFrom as unknown };
    });
    const { document } = this.spec;
    const told = document && { name: 'AGENTYARD_DOCUMENT', value: `${DOCUMENT_DIRECTORY}/${document.file}` };
    const needed = [
      ...(told === undefined ? [] : [told]),
      ...(this.spec.hasPeers === true ? [OWN_ADDRESS] : []),
      ...caVariables(this.profile),
      ...(this.spec.env ?? []),
    ];
    return [...needed, ...ownVariables(this.scope, own, needed)];
  }

  private volumes(): MountedVolume[] {
    const { scope } = this;
    const own = (this.options.volumes ?? []).map((volume) => ({
      name: deferFault(scope, () => checkedLabel(scope, volume.name), volume.name),
      mountPath: volume.mountPath,
      readOnly: volume.readOnly ?? true,
      source: volume.source._spec,
    }));
    const { document } = this.spec;
    const config = document && {
      name: 'config',
      mountPath: DOCUMENT_DIRECTORY,
      readOnly: true,
      source: { configMap: { name: document.configMap } },
    };
    return distinctVolumes(scope, [
      ...(config === undefined ? [] : [config]),
      ...caVolumes(this.profile),
      ...(this.spec.volumes ?? []),
      ...own,
    ]);
  }

  /** Volumes in memory count towards the container's; a sandbox adds its calls to them and checks all of it. */
  private checkMemory(): void {
    const { scope, spec, options, given } = this;
    if (spec.runtime === 'sandbox') return;
    const volumes = memoryOfVolumes(given.volumes.map(({ source }) => source));
    const container = memoryLimitBytes(spec.runtime, options.resources);
    deferFault(scope, () => checkVolumeMemory(volumes, container, scope.node.path), undefined);
  }
}

function renderToleration({ key, value, effect }: Toleration) {
  return value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect };
}
