import type { Finding, Tool } from './finding';

/** A check that is not for us, and why. */
export interface Exception {
  readonly tool: Tool;
  readonly check: string;
  /** In which folders. Absent: in all. */
  readonly folders?: RegExp;
  /** Of which objects, as `Job agents/app-trust`. Absent: of all. */
  readonly objects?: RegExp;
  readonly why: string;
}

/** Every exception; one that is no longer needed fails the test. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    tool: 'checkov',
    check: 'CKV_K8S_15',
    why: 'Tags of our images are versions that never move; pulling each time would make every start need the registry.',
  },
  {
    tool: 'kube-score',
    check: 'container-image-pull-policy',
    why: 'Tags of our images are versions that never move; pulling each time would make every start need the registry.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_43',
    why: 'Images are built after the library that names them; whoever mirrors them pins digests by the prop `image`.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_35',
    why: 'Libraries of model providers read the key from the environment, and the agent is the only process that has it.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_38',
    folders: /^golden\/(connected|ipv6)$/,
    objects: /^Deployment /,
    why: 'An agent of these programs calls the API server (`allowToApiServer`), for which it needs its token.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_38',
    objects: /^(Cron)?Job .*-trust(-[0-9a-f]{10})?$/,
    why: 'The job reads the keys of the API server and patches the objects that its Roles name: with its token.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_40',
    folders: /openshift|code-gateway/,
    why: 'OpenShift gives each namespace a range of high user ids, and refuses pods that choose their own.',
  },
  {
    tool: 'kube-score',
    check: 'container-security-context-user-group-id',
    folders: /openshift|code-gateway/,
    why: 'OpenShift gives each namespace a range of high user ids, and refuses pods that choose their own.',
  },
  ...['container-resource-requests-equal-limits', 'container-cpu-requests-equal-limits'].map((check): Exception => ({
    tool: 'kube-score',
    check,
    why: 'Runtimes mostly wait for models and tools: requests are what they use, limits what a burst may take.',
  })),
  {
    tool: 'kube-score',
    check: 'container-memory-requests-equal-limits',
    why: 'Requests are what runtimes use at rest; `resources` makes both equal where a node must never be overcommitted.',
  },
  {
    tool: 'kube-score',
    check: 'container-ephemeral-storage-request-equals-limit',
    why: 'Runtimes write nothing but logs to disk; the limit is there for one that runs wild.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-has-host-podantiaffinity',
    why: 'Pods are spread over nodes by topologySpreadConstraints, which go on working with more pods than nodes.',
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-host-podantiaffinity',
    why: 'Pods are spread over nodes by topologySpreadConstraints, which go on working with more pods than nodes.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-replicas',
    why: 'How many agents and sandboxes there are is the program’s to say (`replicas`); the gateway has two.',
  },
];

/** Whether an exception is about a finding in a folder. */
export function isAbout({ tool, check, folders, objects }: Exception, finding: Finding, folder: string): boolean {
  const isThere = (folders?.test(folder) ?? true) && (objects?.test(finding.object) ?? true);
  return tool === finding.tool && check === finding.check && isThere;
}
