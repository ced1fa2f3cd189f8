import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from 'agentyard/reachability';

/** Objects from YAML, as a reader would write them down. */
export function objects(...texts: string[]): KubernetesObject[] {
  return texts.flatMap((text) =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as KubernetesObject | null)
      .filter((object) => object !== null),
  );
}

/** A Deployment whose pods carry the label `app: <name>`, by which it selects them, and no other but those given. */
export function deployment(name: string, more: Record<string, unknown> = {}, namespace = 'shop'): KubernetesObject {
  const { labels, ...spec } = more as { labels?: Record<string, string> };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name, ...labels } }, spec: { containers: [{ name }], ...spec } },
    },
  };
}

/** A NetworkPolicy; without a selector it is about all pods of its namespace. */
export function networkPolicy(spec: Record<string, unknown>, name = 'policy', namespace = 'shop'): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: {}, ...spec },
  };
}

export function namespace(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function service(name: string, spec: Record<string, unknown>, inNamespace = 'shop'): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: inNamespace }, spec };
}
