import { DevError } from './dev-error.js';
import type { Container, PodTemplate } from './kubernetes-objects.js';
import type { Contents, ObjectContents } from './object-contents.js';

/** The pod that environment entries are resolved for. */
export interface PodIdentity {
  /** Name of the pod. */
  readonly name: string;
  readonly namespace: string;
  /** How messages name its workload, for example `Deployment default/support`. */
  readonly workload: string;
  readonly template: PodTemplate;
}

/** The environment of a container, and why it cannot be had completely. */
export interface PodEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** One line per Secret or key of a Secret that is not there, with the remedy. */
  readonly missing: readonly string[];
}

/**
 * The variables that a container would get from `envFrom` and `env`, in Kubernetes' order, with `$(NAME)` expanded.
 *
 * @throws DevError for a ConfigMap or key that is not in the manifests, and for a field with no local meaning
 */
export function podEnvironment(pod: PodIdentity, container: Container, contents: ObjectContents): PodEnvironment {
  const missing: string[] = [];
  const variables: Record<string, string> = {};
  for (const source of container.envFrom) {
    for (const [key, value] of bulkOf(pod, source, contents, missing))
      variables[source.prefix + key] = value.toString('utf8');
  }
  for (const entry of container.env) {
    const value =
      entry.valueFrom === undefined
        ? expand(entry.value ?? '', variables)
        : referencedValue(pod, entry, contents, missing);
    if (value !== undefined) variables[entry.name] = value;
  }
  return { variables, missing };
}

type EnvironmentEntry = Container['env'][number];

function bulkOf(
  pod: PodIdentity,
  source: Container['envFrom'][number],
  contents: ObjectContents,
  missing: string[],
): Contents {
  const none: Contents = new Map();
  if (source.configMapRef !== undefined) {
    const { name, optional } = source.configMapRef;
    const found = contents.configMap(pod.namespace, name);
    if (found === undefined && !optional) throw missingConfigMap(pod, name);
    return found ?? none;
  }
  if (source.secretRef === undefined) return none;
  const { name, optional } = source.secretRef;
  const found = contents.secret(pod.namespace, name);
  if (found === undefined && !optional) missing.push(missingSecret(pod.namespace, name));
  return found ?? none;
}

function referencedValue(
  pod: PodIdentity,
  entry: EnvironmentEntry,
  contents: ObjectContents,
  missing: string[],
): string | undefined {
  const { secretKeyRef, configMapKeyRef, fieldRef } = entry.valueFrom ?? {};
  if (secretKeyRef !== undefined) {
    const value = contents.secret(pod.namespace, secretKeyRef.name)?.get(secretKeyRef.key);
    if (value === undefined && !secretKeyRef.optional)
      missing.push(missingSecret(pod.namespace, secretKeyRef.name, secretKeyRef.key));
    return value?.toString('utf8');
  }
  if (configMapKeyRef !== undefined) {
    const { name, key, optional } = configMapKeyRef;
    const value = contents.configMap(pod.namespace, name)?.get(key);
    if (value === undefined && !optional) throw missingConfigMap(pod, name, key);
    return value?.toString('utf8');
  }
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath);
  throw new DevError(
    `${pod.workload}: the variable ${entry.name} comes from a source that agentyard dev does not know; use value, secretKeyRef, configMapKeyRef or fieldRef`,
  );
}

/** The downward API's fields that mean something for a local process. */
function fieldValue(pod: PodIdentity, fieldPath: string): string {
  const { metadata, spec } = pod.template;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations'][keyed[2] ?? ''] ?? '';
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'spec.nodeName': 'localhost',
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
  };
  const value = fields[fieldPath];
  if (value === undefined)
    throw new DevError(
      `${pod.workload}: the field ${fieldPath} has no local value; known are ${Object.keys(fields).join(', ')}, metadata.labels['<key>'] and metadata.annotations['<key>']`,
    );
  return value;
}

/** Kubernetes' own rule: `$(NAME)` of an earlier variable is replaced, an unknown one stays, `$$` is a dollar sign. */
function expand(value: string, variables: Readonly<Record<string, string>>): string {
  return value.replace(/\$\$|\$\(([^)]*)\)/g, (text, name: string | undefined) => {
    if (text === '$$') return '$';
    return variables[name ?? ''] ?? text;
  });
}

/** Says which Secret, and which key of it, has to be given. */
export function missingSecret(namespace: string, name: string, key?: string): string {
  const what = key === undefined ? `Secret ${namespace}/${name}` : `key ${key} of Secret ${namespace}/${name}`;
  return `${what} is not given; add --env-file ${name}=<file> with a line ${key ?? 'KEY'}=<value>`;
}

/** Says which ConfigMap, or which key of it, the manifests lack. */
export function missingConfigMap(
  pod: Pick<PodIdentity, 'namespace' | 'workload'>,
  name: string,
  key?: string,
): DevError {
  const what =
    key === undefined ? `ConfigMap ${pod.namespace}/${name}` : `key ${key} of ConfigMap ${pod.namespace}/${name}`;
  return new DevError(
    `${pod.workload} refers to ${what}, which is not in the manifests; synthesize them together, or correct the name`,
  );
}
