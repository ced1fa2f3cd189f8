import { ApiObject, JsonPatch, type Chart } from 'cdk8s';

/** Adds the chart's namespace, which admits only pods of the Pod Security level `restricted`. */
export function namespaceWithPodSecurity(chart: Chart): ApiObject {
  const namespace = new ApiObject(chart, 'namespace', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: chart.namespace,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  });
  // The chart puts all of its objects into its namespace, but a Namespace is in none.
  namespace.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  return namespace;
}
