import type { DoctorOptions } from './options.js';
import type { ProbeScope, Role } from './probe-scope.js';
import { LISTENER_PORTS, type Direction, type ProbeStep } from './probe-step.js';

/** Name of what there is one of, and first part of other names. */
const NAME = 'agentyard-doctor';
const PROGRAM_DIRECTORY = '/opt/agentyard-doctor';
const PROGRAM_FILE = 'probe.mjs';
/** What a container writes here becomes part of its pod's status. */
const RESULT_FILE = '/dev/termination-log';
/** How long pods outlive the command if it is killed and cannot remove them. */
const ORPHAN_SECONDS = 60;

/** A namespace that enforces Pod Security `restricted`. */
export function probeNamespace(scope: ProbeScope) {
  const level = 'restricted';
  const levels = {
    'pod-security.kubernetes.io/enforce': level,
    'pod-security.kubernetes.io/audit': level,
    'pod-security.kubernetes.io/warn': level,
  };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: scope.namespace, labels: { ...scope.labels, ...levels } },
  };
}

/** What the pods need: a ServiceAccount without rights, and their program. */
export function probeSurroundings(scope: ProbeScope, { program, pullSecret }: DoctorOptions) {
  const metadata = scope.metadata(NAME);
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      automountServiceAccountToken: false,
      imagePullSecrets: pullSecret === undefined ? undefined : [{ name: pullSecret }],
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [PROGRAM_FILE]: program } },
  ];
}

/** Builds pods as hardened as those that Agentyard synthesizes. */
export class ProbePods {
  public constructor(
    private readonly scope: ProbeScope,
    private readonly options: DoctorOptions,
    /** Whether the cluster gives pods their user, as OpenShift does. */
    private readonly assignsUsers: boolean,
  ) {}

  /** The pod that is called. */
  public listener() {
    return this.listening({});
  }

  /** The same pod with privileges, which Pod Security `restricted` refuses. */
  public privileged() {
    return this.listening({ privileged: true, allowPrivilegeEscalation: true });
  }

  /**
   * The Job that calls. Each step is a container of one pod, one after the other: the same address on the same node sees
   * a connection work, fail and work again. What it saw is the container's termination message.
   */
  public caller(direction: Direction, steps: readonly ProbeStep[], addresses: readonly string[]) {
    const containers = steps.map((step) =>
      this.container(step.id, ['observe', this.task(direction, step, addresses), RESULT_FILE]),
    );
    const template = this.pod('caller', { initContainers: containers.slice(0, -1), containers: containers.slice(-1) });
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: this.named(`caller-${direction}`),
      spec: { backoffLimit: 0, template },
    };
  }

  private listening(privileges: object) {
    const container = this.container('listener', ['listen', ...LISTENER_PORTS.map(String)]);
    const containers = [{ ...container, securityContext: { ...container.securityContext, ...privileges } }];
    const { metadata, spec } = this.pod('listener', { containers });
    return { apiVersion: 'v1', kind: 'Pod', metadata: { ...this.named('listener'), ...metadata }, spec };
  }

  private named(part: string) {
    return this.scope.metadata(`${NAME}-${part}`);
  }

  private task(direction: Direction, step: ProbeStep, addresses: readonly string[]): string {
    const targets = (ports: readonly number[]) =>
      addresses.flatMap((address) => ports.map((port) => `tcp://${hostOf(address)}:${port}`));
    const name = `kubernetes.default.svc.${this.options.dns.clusterDomain}`;
    const dns = direction === 'egress' ? [`dns+udp://${name}`, `dns+tcp://${name}`] : [];
    return JSON.stringify({
      step: step.id,
      settleMs: this.options.settle * 1_000,
      open: [...targets(step.open), ...(step.dns ? dns : [])],
      closed: [...targets(LISTENER_PORTS.filter((port) => !step.open.includes(port))), ...(step.dns ? [] : dns)],
    });
  }

  private pod(role: Role, containers: object) {
    const annotations = this.assignsUsers ? { 'openshift.io/required-scc': 'restricted-v2' } : undefined;
    const nobody = this.assignsUsers ? {} : { runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 };
    return {
      metadata: { labels: this.scope.podLabels(role), annotations },
      spec: {
        restartPolicy: 'Never',
        activeDeadlineSeconds: this.options.timeout + ORPHAN_SECONDS,
        terminationGracePeriodSeconds: 2,
        serviceAccountName: NAME,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        hostNetwork: false,
        hostPID: false,
        hostIPC: false,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        securityContext: { runAsNonRoot: true, ...nobody, seccompProfile: { type: 'RuntimeDefault' } },
        ...containers,
        volumes: [{ name: 'program', configMap: { name: NAME } }],
      },
    };
  }

  private container(name: string, args: readonly string[]) {
    return {
      name,
      image: this.options.image,
      terminationMessagePath: RESULT_FILE,
      command: ['node', `${PROGRAM_DIRECTORY}/${PROGRAM_FILE}`],
      args,
      resources: {
        requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
        limits: { cpu: '500m', memory: '128Mi', 'ephemeral-storage': '16Mi' },
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        privileged: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [{ name: 'program', mountPath: PROGRAM_DIRECTORY, readOnly: true }],
    };
  }
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
