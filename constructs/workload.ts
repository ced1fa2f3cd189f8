import { ApiObject, Lazy } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { networkPolicySpec } from '../lib/network/network-policy';
import type { Connection, PodPeer } from '../lib/network/peer';
import { CONFIG_HASH_ANNOTATION, configHash } from '../lib/synth/config-hash';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import { deploymentSpec, type MountedVolume } from '../lib/workload/deployment';
import { checkedLabels, objectLabels, selectorLabels, type Runtime } from '../lib/workload/labels';
import { checkedLabel, claimName, podsServiceName, RUNTIME_PORT, type WorkloadName } from '../lib/workload/names';
import { renderResources } from '../lib/workload/resources';
import { serviceSpec } from '../lib/workload/service';
import { distinctVolumes } from '../lib/workload/volumes';
import { LIBRARY_VERSION } from './library-version';
import type { PodOptions } from './pod-options';

/** Directory of the runtime's document in the container. */
const DOCUMENT_DIRECTORY = '/etc/agentyard';

const DEFAULT_REPLICAS: Readonly<Record<Runtime, number>> = { gateway: 2, agent: 1, sandbox: 1 };

/** What every runtime takes by default. */
const USUAL_BODY_BYTES = 1024 * 1024;

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
  /** Whether the pod resolves names also when it is connected to nothing. */
  readonly resolvesNames?: boolean;
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom?: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly MountedVolume[];
  /** Files that roll the pods when they change, beside the document. */
  readonly mountedFiles?: Readonly<Record<string, string>>;
}

/** The objects that make one of our runtimes a workload of the cluster. Its openings are what is connected to it. */
export class Workload {
  public readonly id: WorkloadName;
  /** Largest request body that a caller sends; absent: no more than usual. */
  public maxBodyBytes?: number;
  private readonly ingress: Connection[] = [];
  private readonly egress: Connection[] = [];

  public constructor(
    private readonly scope: Construct,
    private readonly options: PodOptions,
    private readonly spec: WorkloadSpec,
  ) {
    this.id = claimName(scope);
    this.addConfigMap(spec.documentConfigMap, {
      [spec.documentFile]: Lazy.any({ produce: () => this.documentText() }),
    });
    this.add('service-account', 'v1', 'ServiceAccount', this.id.name, { automountServiceAccountToken: false });
    scope.node.defaultChild = this.add('deployment', 'apps/v1', 'Deployment', this.id.name, {
      spec: this.deployment(),
    });
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
    requireSameProgram(this.scope, other.scope);
    this.egress.push({ peer: other.peer, port: RUNTIME_PORT });
    other.ingress.push({ peer: this.peer, port: RUNTIME_PORT });
  }

  /** Lets requests in whose bodies are this large. */
  public acceptBodies(bytes: number): void {
    if (bytes > Math.max(USUAL_BODY_BYTES, this.maxBodyBytes ?? 0)) this.maxBodyBytes = bytes;
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

  private add(id: string, apiVersion: string, kind: string, name: string, rest: Record<string, unknown>): ApiObject {
    const labels = objectLabels(this.spec.runtime, this.id.name);
    return new ApiObject(this.scope, id, { apiVersion, kind, metadata: { name, labels }, ...rest });
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

  /** What the options alone decide is checked at once; the rest is known when the program is complete. */
  private deployment(): unknown {
    const { spec, options } = this;
    const given = {
      image: options.image ?? `agentyard/${spec.runtime}-runtime:${LIBRARY_VERSION}`,
      replicas: replicas(this.scope, options.replicas ?? DEFAULT_REPLICAS[spec.runtime]),
      resources: renderResources(spec.runtime, options.resources, this.scope),
      env: this.env(),
      envFrom: spec.envFrom ?? [],
      volumes: this.volumes(),
      labels: checkedLabels(this.scope, options.podLabels ?? {}),
      imagePullSecrets: (options.imagePullSecrets ?? []).map((secret) => secret.name),
      nodeSelector: options.nodeSelector,
      tolerations: options.tolerations?.map(renderToleration),
    };
    return Lazy.any({
      produce: () =>
        deploymentSpec({
          ...given,
          runtime: spec.runtime,
          name: this.id.name,
          graceMs: spec.graceMs(),
          dns: this.egress.length > 0 || (spec.resolvesNames ?? false),
          annotations: { ...options.podAnnotations, ...this.configHashAnnotation() },
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
    const set = new Set((this.spec.env ?? []).map(({ name }) => name));
    const own = Object.entries(this.options.env ?? {}).map(([name, value]) => {
      checkVariableName(this.scope, name);
      if (name.startsWith('AGENTYARD_')) throw reservedVariable(this.scope, name);
      if (set.has(name)) throw setVariable(this.scope, name);
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

/** A reference into another app would open the way to objects that are not synthesized with it. */
export function requireSameProgram(construct: IConstruct, other: IConstruct): void {
  if (construct.node.root === other.node.root) return;
  throw new SynthError('NOT_IN_PROGRAM', construct, {
    message: `it refers to ${other.node.path}, which belongs to another app`,
    remedy: 'Build both in the same App',
  });
}

function checkVariableName(scope: Construct, name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  throw new SynthError('ENV_INVALID', scope, {
    message: `"${name}" is no name of an environment variable`,
    remedy: 'Use letters, digits and "_", not beginning with a digit',
  });
}

function reservedVariable(scope: Construct, name: string): SynthError {
  return new SynthError('ENV_RESERVED', scope, {
    message: `the environment variable ${name} is reserved for the runtime`,
    remedy: 'Choose a name that does not begin with AGENTYARD_',
  });
}

function setVariable(scope: Construct, name: string): SynthError {
  return new SynthError('ENV_RESERVED', scope, {
    message: `the environment variable ${name} is set from the model's credentials already`,
    remedy: 'Remove it from env, or from the credentials',
  });
}

function replicas(scope: Construct, count: number): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new SynthError('REPLICAS_INVALID', scope, {
    message: `replicas is ${count}`,
    remedy: 'Give a whole number of 0 or more',
  });
}

function renderToleration({
  key,
  value,
  effect,
}: {
  readonly key: string;
  readonly value?: string;
  readonly effect?: string;
}) {
  return value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect };
}
