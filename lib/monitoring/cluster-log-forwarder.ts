/** Where log lines are sent to. */
export type LokiTarget =
  | { readonly kind: 'lokiStack'; readonly name: string; readonly namespace: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly tenant?: string;
      /** Secret with an entry `token`; absent: the server asks for none. */
      readonly tokenSecret?: string;
      /** ConfigMap with the server's authority; absent: a public one. */
      readonly authority?: { readonly configMap: string; readonly key: string };
    };

/** What a ClusterLogForwarder follows from. */
export interface LogForwarderParts {
  readonly serviceAccount: string;
  readonly namespaces: readonly string[];
  /** Label of the pods whose lines are sent. */
  readonly podLabel: string;
  /** Whether audit lines alone are sent. */
  readonly auditOnly: boolean;
  /** What each record is labelled with, beside what says where it comes from. */
  readonly labels: Readonly<Record<string, string>>;
  readonly target: LokiTarget;
}

/** Text that every audit line of a runtime has, and a line that quotes it has not: there it is escaped. */
export const AUDIT_MARK = '"type":"audit"';

/** Keys of a record that Loki has as labels of its stream: few, since each value makes a stream of its own. */
const STREAM_LABELS = ['log_type', 'kubernetes.namespace_name', 'kubernetes.pod_name', 'kubernetes.container_name'];

/** The certificate authority of Services, which OpenShift puts into every namespace. */
const SERVICE_AUTHORITY = { configMapName: 'openshift-service-ca.crt', key: 'service-ca.crt' };

/** The spec of a ClusterLogForwarder (`observability.openshift.io/v1`). */
export function logForwarderSpec(parts: LogForwarderParts) {
  const filters = [...auditFilter(parts), ...labelFilter(parts)];
  return {
    serviceAccount: { name: parts.serviceAccount },
    inputs: [input(parts)],
    filters: filters.length > 0 ? filters : undefined,
    outputs: [output(parts.target)],
    pipelines: [
      {
        name: 'agentyard-to-loki',
        inputRefs: ['agentyard'],
        filterRefs: filters.length > 0 ? filters.map(({ name }) => name) : undefined,
        outputRefs: ['loki'],
      },
    ],
  };
}

function input({ namespaces, podLabel }: LogForwarderParts) {
  return {
    name: 'agentyard',
    type: 'application',
    application: {
      includes: namespaces.map((namespace) => ({ namespace })),
      selector: { matchExpressions: [{ key: podLabel, operator: 'Exists' }] },
    },
  };
}

function auditFilter({ auditOnly }: LogForwarderParts) {
  if (!auditOnly) return [];
  return [{ name: 'audit-lines', type: 'drop', drop: [{ test: [{ field: '.message', notMatches: AUDIT_MARK }] }] }];
}

function labelFilter({ labels }: LogForwarderParts) {
  return Object.keys(labels).length === 0 ? [] : [{ name: 'labels', type: 'openshiftLabels', openshiftLabels: labels }];
}

function output(target: LokiTarget) {
  // What was read and not sent when a collector ends is read again.
  const tuning = { deliveryMode: 'AtLeastOnce' };
  if (target.kind === 'lokiStack') {
    const { name, namespace } = target;
    return {
      name: 'loki',
      type: 'lokiStack',
      lokiStack: {
        target: { name, namespace },
        authentication: { token: { from: 'serviceAccount' } },
        labelKeys: { global: STREAM_LABELS },
        tuning,
      },
      tls: { ca: SERVICE_AUTHORITY },
    };
  }
  const { url, tenant, tokenSecret, authority } = target;
  return {
    name: 'loki',
    type: 'loki',
    loki: {
      url,
      tenantKey: tenant,
      authentication: tokenSecret && { token: { from: 'secret', secret: { name: tokenSecret, key: 'token' } } },
      labelKeys: STREAM_LABELS,
      tuning,
    },
    tls: authority && { ca: { configMapName: authority.configMap, key: authority.key } },
  };
}
