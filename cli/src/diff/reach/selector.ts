import { fieldsOf, listOf } from '../facts/pod-spec.js';

/** What a selector asks of one label. */
export interface Requirement {
  readonly key: string;
  /** None: any value. */
  readonly values: readonly string[];
  /** Whether it must have none of the values. */
  readonly isNegative: boolean;
}

/** What is asked of pods and their namespace, all of it. Labels of the namespace have keys that begin so. */
export type Selector = readonly Requirement[];
const OF_NAMESPACE = 'namespace:';

/** Key of a namespace's name. */
export const NAMESPACE = `${OF_NAMESPACE}kubernetes.io/metadata.name`;

export function isOfNamespace(key: string): boolean {
  return key.startsWith(OF_NAMESPACE);
}

/** Key of a label that a namespace has, as namespaces have it. */
export function namespaceKey(key: string): string {
  return key.slice(OF_NAMESPACE.length);
}

/** A label selector over pods. */
export function podSelector(value: unknown): Selector {
  return requirements(value, (key) => key);
}

/** A label selector over namespaces. */
export function namespaceSelector(value: unknown): Selector {
  return requirements(value, (key) => OF_NAMESPACE + key);
}

export function inNamespace(name: string): Selector {
  return [{ key: NAMESPACE, values: [name], isNegative: false }];
}

/** A selector of Cilium over the labels of both. */
export function endpointSelector(value: unknown): Selector {
  return requirements(value, (prefixed) => {
    const key = prefixed.replace(/^(k8s|any):/, '');
    if (key === 'io.kubernetes.pod.namespace') return NAMESPACE;
    return key.replace(/^io\.cilium\.k8s\.namespace\.labels\./, OF_NAMESPACE);
  });
}

function requirements(value: unknown, spell: (key: string) => string): Selector {
  const { matchLabels, matchExpressions } = fieldsOf(value);
  const labels = Object.entries(fieldsOf(matchLabels)).map(([key, one]) => {
    return { key: spell(key), values: [String(one)], isNegative: false };
  });
  const expressions = listOf(matchExpressions).map(({ key, operator, values }) => ({
    key: spell(String(key)),
    values: Array.isArray(values) ? values.map(String) : [],
    isNegative: operator === 'NotIn' || operator === 'DoesNotExist',
  }));
  return [...labels, ...expressions];
}
