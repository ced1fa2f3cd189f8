import { POD_TEMPLATES, type KubernetesObject } from 'agentyard/reachability';

/** JSON, as far as it is not looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export interface PodSpec extends Fields {
  readonly labels: Fields;
  readonly annotations: Fields;
  /** Containers of all sorts. */
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly securityContext: Fields;
  /** Name of the ServiceAccount. */
  readonly account: string;
}

export interface Container extends Fields {
  readonly name: string;
  /** Whether it ends before the others begin. */
  readonly isInitial: boolean;
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
export function templatePath({ apiVersion, kind }: KubernetesObject): string | undefined {
  const title = `${apiVersion}/${kind}`;
  const path = Object.hasOwn(POD_TEMPLATES, title) ? POD_TEMPLATES[title] : undefined;
  return path && ['$', ...path].join('.');
}

/** The pods that an object makes; absent if it makes none. */
export function podSpecOf(object: KubernetesObject): PodSpec | undefined {
  const path = templatePath(object)?.split('.').slice(1);
  if (path === undefined) return undefined;
  const template = fieldsOf(path.reduce<unknown>((at, key) => (at as Fields | undefined)?.[key], object));
  const spec = fieldsOf(template.spec);
  const { labels, annotations } = fieldsOf(template.metadata);
  return {
    ...spec,
    labels: fieldsOf(labels),
    annotations: fieldsOf(annotations),
    containers: [
      ...listOf(spec.containers).map((one) => containerOf(one, false)),
      ...listOf(spec.initContainers).map((one) => containerOf(one, one.restartPolicy !== 'Always')),
      ...listOf(spec.ephemeralContainers).map((one) => containerOf(one, false)),
    ],
    volumes: listOf(spec.volumes) as Volume[],
    securityContext: fieldsOf(spec.securityContext),
    account: (spec.serviceAccountName ?? spec.serviceAccount ?? 'default') as string,
  };
}

function containerOf(container: Fields, isInitial: boolean): Container {
  return {
    ...container,
    name: String(container.name),
    isInitial,
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
