/** Who may make pods that carry the label of a workload. */
export interface TrustedIdentities {
  /** Names of users, as the API server has them: `system:serviceaccount:<namespace>:<name>` for ServiceAccounts. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Kubernetes' own controllers make pods from templates that were admitted before; some clusters run them as one user. */
const CONTROLLERS = [
  'system:kube-controller-manager',
  ...['deployment', 'replicaset', 'statefulset', 'cronjob', 'job'].map(
    (name) => `system:serviceaccount:kube-system:${name}-controller`,
  ),
];

/**
 * Subresources by which labels or code come into a pod: debug containers, the status (which may change labels), bindings
 * (whose labels the pod gets), and the status of a StatefulSet (which names the revision that its pods are made of).
 */
const RESOURCES = [
  ['', ['pods', 'pods/ephemeralcontainers', 'pods/status', 'pods/binding', 'bindings', 'replicationcontrollers']],
  ['apps', ['deployments', 'replicasets', 'statefulsets', 'statefulsets/status', 'daemonsets']],
  ['batch', ['jobs', 'cronjobs']],
] as const;

/** Where the pod stands in an object: it is one, or a binding of one, or a template of it, or a template of a Job. */
const POD = [
  "request.resource.resource in ['pods', 'bindings'] ? object :",
  "request.resource.resource == 'cronjobs' ? object.spec.jobTemplate.spec.template : object.spec.template",
].join(' ');

/** What is done to a pod that runs already, and does not change what runs in it; or to a workload beside its template. */
const UNTOUCHED = [
  "request.operation == 'UPDATE' && (request.?subResource.orValue('') == ''",
  "|| request.resource.resource == 'pods' && request.subResource == 'status') && (request.resource.resource == 'pods' ?",
  'object.metadata.?labels == oldObject.metadata.?labels',
  '&& object.spec.containers.map(c, c.image) == oldObject.spec.containers.map(c, c.image)',
  '&& object.spec.?initContainers.orValue([]).map(c, c.image) == oldObject.spec.?initContainers.orValue([]).map(c, c.image)',
  ": request.resource.resource == 'cronjobs' ? object.spec.jobTemplate == oldObject.spec.jobTemplate",
  ': object.spec.template == oldObject.spec.template)',
].join(' ');

/**
 * Spec of a ValidatingAdmissionPolicy (`admissionregistration.k8s.io/v1`) that lets only the given identities make
 * pods, or templates of pods, that carry a label.
 */
export function labelGuardPolicySpec(label: string, { users, groups }: TrustedIdentities) {
  const trusted = `request.userInfo.username in ${list([...CONTROLLERS, ...users])} || request.userInfo.?groups.orValue([]).exists(g, g in ${list(groups)})`;
  return {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: RESOURCES.map(([group, resources]) => ({
        apiGroups: [group],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE'],
        resources: [...resources],
      })),
    },
    variables: [
      { name: 'pod', expression: POD },
      { name: 'labelled', expression: `${has(label, 'variables.pod')} || ${wasLabelled(label)}` },
      { name: 'trusted', expression: trusted },
      { name: 'untouched', expression: UNTOUCHED },
    ],
    validations: [
      {
        expression: '!variables.labelled || variables.trusted || variables.untouched',
        message: `the label ${label} is for workloads of Agentyard, and who asks is none of those that may deploy them`,
        reason: 'Forbidden',
      },
    ],
  };
}

/** A pod that loses the label would be free of its policies, and keep its volumes and its account. */
function wasLabelled(label: string): string {
  return `(request.operation == 'UPDATE' && request.resource.resource == 'pods' && ${has(label, 'oldObject')})`;
}

function has(label: string, pod: string): string {
  return `${text(label)} in ${pod}.?metadata.?labels.orValue({})`;
}

/** Spec of the binding that puts the policy in force in some namespaces. */
export function labelGuardBindingSpec(policyName: string, namespaces: readonly string[]) {
  const named = { key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] };
  return {
    policyName,
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: { matchExpressions: [named] } },
  };
}

/** A list of texts in CEL, whose escapes are those of JSON. */
function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

const text = (value: string) => JSON.stringify(value);
