import { namespaceOf, nameOf, titleOf, type KubernetesObject } from './kubernetes-object';
import { Labels } from './labels';
import type { Namespaces } from './namespaces';
import { podIdentity, type ControllerSelector } from './pod-identity';
import type { ContainerPort, Pods } from './pods';
import { POD_TEMPLATES } from './pod-templates';
import type { Protocol } from './protocol';

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly serviceAccountName?: string;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
}

interface Volume {
  readonly configMap?: { readonly name?: string };
  readonly projected?: { readonly sources?: readonly Volume[] };
}

interface Container {
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: Protocol }[];
}

/** Whether an object makes pods. */
export function makesPods({ apiVersion, kind }: KubernetesObject): boolean {
  return `${apiVersion}/${kind}` in POD_TEMPLATES;
}

/** An object that makes pods, and what is known of these. */
export class Workload {
  /** The workload of an object; none if the object makes no pods. */
  public static read(object: KubernetesObject, namespaces: Namespaces): Workload | undefined {
    const path = POD_TEMPLATES[`${object.apiVersion}/${object.kind}`];
    if (path === undefined) return undefined;
    const template = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
    return new Workload(object, template ?? {}, namespaces);
  }

  public readonly kind: string;
  public readonly namespace: string;
  public readonly name: string;
  /** How answers call it: `Deployment agents/support`. */
  public readonly title: string;
  public readonly labels: Readonly<Record<string, string>>;
  /** Names of the ConfigMaps that its pods mount. */
  public readonly configMaps: readonly string[];
  /** What policies may know of its pods. */
  public readonly pods: Pods;

  private constructor(object: KubernetesObject, template: Template, namespaces: Namespaces) {
    const { selector } = (object.spec ?? {}) as { readonly selector?: ControllerSelector };
    this.kind = object.kind ?? '';
    this.namespace = namespaceOf(object);
    this.name = nameOf(object);
    this.title = titleOf({ ...object, metadata: { name: this.name, namespace: this.namespace } });
    this.labels = { ...template.metadata?.labels };
    this.configMaps = configMapsOf(template.spec?.volumes);
    this.pods = {
      namespace: this.namespace,
      namespaceLabels: namespaces.labelsOf(this.namespace),
      labels: this.kind === 'Pod' ? Labels.complete(this.labels) : Labels.ofTemplate(this.labels),
      identity: podIdentity(this.labels, selector),
      serviceAccount: template.spec?.serviceAccountName ?? 'default',
      hostNetwork: template.spec?.hostNetwork ?? false,
      ports: portsOf(template.spec ?? {}),
    };
  }
}

function configMapsOf(volumes: readonly Volume[] = []): string[] {
  return volumes.flatMap(({ configMap, projected }) => [
    ...(configMap?.name === undefined ? [] : [configMap.name]),
    ...configMapsOf(projected?.sources),
  ]);
}

/** Ports of the containers that run while the pod serves: init containers do only as sidecars. */
function portsOf(spec: PodSpec): ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort, protocol = 'TCP' }) =>
      name === undefined ? [] : [{ name, port: containerPort, protocol }],
    ),
  );
}
