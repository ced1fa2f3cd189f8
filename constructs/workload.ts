import { ApiObject, Lazy, Size, SizeRoundingBehavior } from 'cdk8s';
import type { ContainerResources } from 'cdk8s-plus-29';
import type { Construct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { networkPolicySpec } from '../lib/network/network-policy';
import type { Connection, PodPeer } from '../lib/network/peer';
import { CONFIG_HASH_ANNOTATION, configHash } from '../lib/synth/config-hash';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import { deploymentSpec, type MountedVolume } from '../lib/workload/deployment';
import { objectLabels, selectorLabels, type Runtime } from '../lib/workload/labels';
import { checkedLabel, claimName, podsServiceName, RUNTIME_PORT, type WorkloadName } from '../lib/workload/names';
import { serviceSpec } from '../lib/workload/service';
import { LIBRARY_VERSION } from './library-version';
import type { PodOptions } from './pod-options';

/** Directory of the runtime's document in the container. */
const DOCUMENT_DIRECTORY = '/etc/agentyard';

/** CPU in millicores and memory in mebibytes. */
interface Defaults {
  readonly replicas: number;
  readonly cpuLimit: string;
}

const DEFAULTS: Readonly<Record<Runtime, Defaults>> = {
  gateway: { replicas: 2, cpuLimit: '1' },
  agent: { replicas: 1, cpuLimit: '1' },
  sandbox: { replicas: 1, cpuLimit: '500m' },
};
const CPU_REQUEST = '100m';
const MEMORY_REQUEST = Size.mebibytes(128);
const MEMORY_LIMIT = Size.mebibytes(512);

/** What a construct adds to the options of its pods. */
export interface WorkloadSpec {
  readonly runtime: Runtime;
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
  /** Files that roll the pods when they change, beside the document. */
  readonly mountedFiles?: Readonly<Record<string, string>>;
}

/** Memory limit of a container, in bytes. */
export function memoryLimitBytes(resources: ContainerResources | undefined): number {
  return (resources?.memory?.limit ?? MEMORY_LIMIT).toKibibytes({ rounding: SizeRoundingBehavior.FLOOR }) * 1024;
}

/** The objects that make one of our runtimes a workload of the cluster. Its openings are what is connected to it. */
export class Workload {
  public readonly id: WorkloadName;
  private readonly ingress: Connection[] = [];
  private readonly egress: Connection[] = [];

  public constructor(
    private readonly scope: Construct,
    private readonly options: PodOptions,
    private readonly spec: WorkloadSpec,
  ) {
    this.id = claimName(scope);
    this.addConfigMap(spec.documentConfigMap, { [spec.documentFile]: Lazy.any({ produce: () => this.documentText() }) });
    this.add('service-account', 'v1', 'ServiceAccount', this.id.name, { automountServiceAccountToken: false });
    this.add('deployment', 'apps/v1', 'Deployment', this.id.name, { spec: this.deployment() });
    this.add('service', 'v1', 'Service', this.id.name, { spec: serviceSpec(spec.runtime, this.id.name, false) });
    this.add('pods-service', 'v1', 'Service', podsServiceName(this.id.name), {
      spec: serviceSpec(spec.runtime, this.id.name, true),
    });
    this.add('network-policy', 'networking.k8s.io/v1', 'NetworkPolicy', this.id.name, {
      spec: Lazy.any({ produce: () => this.networkPolicy() }),
    });
    scope.node.addValidation({ validate: () => this.faults() });
  }

  /** Lets the pods of this workload call those of another, on both sides. */
  public connectTo(other: Workload): void {
    this.egress.push({ peer: other.peer, port: RUNTIME_PORT });
    other.ingress.push({ peer: this.peer, port: RUNTIME_PORT });
  }

  /** Lets a peer that is not of this program in. */
  public allowFrom(peer: Connection['peer']): void {
    this.ingress.push({ peer, port: RUNTIME_PORT });
  }

  /** Adds a ConfigMap of this workload. */
  public addConfigMap(name: string, data: Readonly<Record<string, unknown>>): void {
    this.add(`config-map-${name}`, 'v1', 'ConfigMap', name, { data });
  }

  private get peer(): PodPeer {
    return { namespace: this.id.namespace, podLabels: selectorLabels(this.spec.runtime, this.id.name) };
  }

  private add(id: string, apiVersion: string, kind: string, name: string, rest: Record<string, unknown>): void {
    const labels = objectLabels(this.spec.runtime, this.id.name);
    new ApiObject(this.scope, id, { apiVersion, kind, metadata: { name, labels }, ...rest });
  }

  /** Faults that show only when the program is complete. */
  private faults(): string[] {
    try {
      splitIntoConfigMaps({ [this.spec.documentFile]: this.documentText() }, this.scope.node.path);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }

  private documentText(): string {
    return this.spec.document();
  }

  private deployment() {
    const { spec, options } = this;
    return Lazy.any({
      produce: () =>
        deploymentSpec({
          runtime: spec.runtime,
          name: this.id.name,
          image: options.image ?? `agentyard/${spec.runtime}-runtime:${LIBRARY_VERSION}`,
          replicas: replicas(this.scope, options.replicas ?? DEFAULTS[spec.runtime].replicas),
          graceMs: spec.graceMs(),
          resources: resources(spec.runtime, options.resources),
          env: this.env(),
          envFrom: spec.envFrom ?? [],
          volumes: this.volumes(),
          dns: this.egress.length > 0,
          labels: options.podLabels ?? {},
          annotations: { ...options.podAnnotations, ...this.configHashAnnotation() },
          imagePullSecrets: (options.imagePullSecrets ?? []).map((secret) => secret.name),
          nodeSelector: options.nodeSelector,
          tolerations: options.tolerations?.map(renderToleration),
        }),
    });
  }

  private configHashAnnotation(): Record<string, string> {
    if (!this.spec.rollsOnChange) return {};
    const files = { ...this.spec.mountedFiles, [this.spec.documentFile]: this.documentText() };
    return { [CONFIG_HASH_ANNOTATION]: configHash(files) };
  }

  private networkPolicy() {
    const podLabels = selectorLabels(this.spec.runtime, this.id.name);
    return networkPolicySpec({ podLabels, ingress: this.ingress, egress: this.egress });
  }

  private env() {
    const own = Object.entries(this.options.env ?? {}).map(([name, value]) => {
      if (name.startsWith('AGENTYARD_')) throw reservedVariable(this.scope, name);
      return { name, value: value.value as unknown, valueFrom: value.valueFrom as unknown };
    });
    const document = { name: 'AGENTYARD_DOCUMENT', value: `${DOCUMENT_DIRECTORY}/${this.spec.documentFile}` };
    return [document, ...(this.spec.env ?? []), ...own];
  }

  private volumes(): MountedVolume[] {
    const own = (this.options.volumes ?? []).map((volume) => ({
      name: checkedLabel(this.scope, volume.name),
      mountPath: volume.mountPath,
      readOnly: volume.readOnly ?? true,
      source: volume.source._spec,
    }));
    const config = {
      name: 'config',
      mountPath: DOCUMENT_DIRECTORY,
      readOnly: true,
      source: { configMap: { name: this.spec.documentConfigMap } },
    };
    return distinctVolumes(this.scope, [config, ...(this.spec.volumes ?? []), ...own]);
  }
}

/** A volume that hides another, or the runtime's own files, is a fault. */
function distinctVolumes(scope: Construct, volumes: MountedVolume[]): MountedVolume[] {
  volumes.forEach((volume, i) => {
    const other = volumes.slice(0, i).find((v) => v.name === volume.name || overlap(v.mountPath, volume.mountPath));
    if (volume.mountPath.startsWith('/') && volume.mountPath !== '/' && other === undefined) return;
    throw new SynthError('VOLUME_INVALID', scope, {
      message: `volume "${volume.name}" at "${volume.mountPath}"${other ? ` collides with "${other.name}" at "${other.mountPath}"` : ' is not mounted below /'}`,
      remedy: 'Give each volume a name and an absolute path of its own',
    });
  });
  return volumes;
}

const overlap = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

function reservedVariable(scope: Construct, name: string): SynthError {
  return new SynthError('ENV_RESERVED', scope, {
    message: `the environment variable ${name} is reserved for the runtime`,
    remedy: 'Choose a name that does not begin with AGENTYARD_',
  });
}

function replicas(scope: Construct, count: number): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new SynthError('REPLICAS_INVALID', scope, {
    message: `replicas is ${count}`,
    remedy: 'Give a whole number of 0 or more',
  });
}

function resources(runtime: Runtime, given: ContainerResources | undefined) {
  const storage = given?.ephemeralStorage;
  const ephemeral = (size: Size | undefined) => (size ? { 'ephemeral-storage': size.asString() } : {});
  return {
    requests: {
      cpu: given?.cpu?.request?.amount ?? CPU_REQUEST,
      memory: (given?.memory?.request ?? MEMORY_REQUEST).asString(),
      ...ephemeral(storage?.request),
    },
    limits: {
      cpu: given?.cpu?.limit?.amount ?? DEFAULTS[runtime].cpuLimit,
      memory: (given?.memory?.limit ?? MEMORY_LIMIT).asString(),
      ...ephemeral(storage?.limit),
    },
  };
}

function renderToleration({ key, value, effect }: { readonly key: string; readonly value?: string; readonly effect?: string }) {
  return value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect };
}
