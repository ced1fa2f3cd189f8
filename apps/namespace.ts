import { ApiObject, type Chart } from 'cdk8s';

/** Adds the chart's namespace, which admits only pods of the Pod Security level `restricted`. */
export function namespaceWithPodSecurity(chart: Chart): ApiObject {
  return new ApiObject(chart, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: chart.namespace,
      namespace: undefined,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  });
}
