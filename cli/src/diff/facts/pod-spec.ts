import type { KubernetesObject } from 'agentyard/reachability';

/** Where the pod template of each kind stands. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  ReplicationController: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** JSON, as far as it is not looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export interface PodSpec extends Fields {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly securityContext: Fields;
}

export interface Container extends Fields {
  readonly name: string;
  readonly securityContext: Fields;
  readonly env: readonly Fields[];
  readonly envFrom: readonly Fields[];
  readonly volumeMounts: readonly Fields[];
  readonly ports: readonly Fields[];
}

export interface Volume extends Fields {
  readonly name: string;
}

/** The path of the pod template in objects of a kind, `$.spec.template`; absent if they make no pods. */
export function templatePath({ kind = '' }: KubernetesObject): string | undefined {
  const path = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
  return path && ['$', ...path].join('.');
}

/** The pods that an object makes; absent if it makes none. */
export function podSpecOf(object: KubernetesObject): PodSpec | undefined {
  const path = templatePath(object)?.split('.').slice(1);
  const template = path?.reduce<unknown>((at, key) => (at as Fields | undefined)?.[key], object);
  if (path === undefined) return undefined;
  const spec = fieldsOf(fieldsOf(template).spec);
  return {
    ...spec,
    containers: listOf(spec.containers).map(containerOf),
    initContainers: listOf(spec.initContainers).map(containerOf),
    volumes: listOf(spec.volumes) as Volume[],
    securityContext: fieldsOf(spec.securityContext),
  };
}

function containerOf(container: Fields): Container {
  return {
    ...container,
    name: String(container.name),
    securityContext: fieldsOf(container.securityContext),
    env: listOf(container.env),
    envFrom: listOf(container.envFrom),
    volumeMounts: listOf(container.volumeMounts),
    ports: listOf(container.ports),
  };
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
