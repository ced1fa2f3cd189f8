import * as k8s from 'cdk8s-plus-29/lib/imports/k8s';

/** Fields that may be a number or a text, and quantities: the generated types of Kubernetes wrap them. */
const WRAPPED = new Set([
  ...['port', 'targetPort', 'maxSurge', 'maxUnavailable', 'minAvailable'],
  ...['cpu', 'memory', 'ephemeral-storage', 'sizeLimit', 'averageValue'],
]);

/** Fields that the generated types spell in their own way. */
const SPELLED: Record<string, string> = {
  clusterIP: 'clusterIp',
  hostIPC: 'hostIpc',
  hostPID: 'hostPid',
  setHostnameAsFQDN: 'setHostnameAsFqdn',
};

type ToJson = (object: unknown) => Record<string, unknown>;
const types = k8s as unknown as Record<string, ToJson>;

/** The generated types by kind; those of one kind in several versions carry the version, of which v1 may be a later one. */
const NAMES: Record<string, string> = {
  HorizontalPodAutoscaler: 'HorizontalPodAutoscalerV2',
  ValidatingAdmissionPolicy: 'ValidatingAdmissionPolicyV1Beta1',
  ValidatingAdmissionPolicyBinding: 'ValidatingAdmissionPolicyBindingV1Beta1',
};

function wrapped(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => wrapped(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [SPELLED[name] ?? name, wrapped(member, name)]),
    );
  }
  // The port of a Service is a plain number; the types keep it as it is, wrapped or not.
  return WRAPPED.has(key) ? { value } : value;
}

/**
 * What of an object Kubernetes knows: the types that are generated from its API, version 1.29, drop all else. Null for a
 * kind that it does not have.
 */
export function knownFields(kind: string, props: unknown): unknown {
  const toJson = types[`toJson_Kube${NAMES[kind] ?? kind}Props`];
  return JSON.parse(JSON.stringify(toJson?.(wrapped(props)) ?? null), (_, value: unknown) => {
    const unwrap = typeof value === 'object' && value !== null && Object.keys(value).join() === 'value';
    return unwrap ? (value as { value: unknown }).value : value;
  });
}
