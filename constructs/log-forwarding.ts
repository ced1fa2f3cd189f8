import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { logForwarderSpec } from '../lib/monitoring/cluster-log-forwarder';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { RUNTIME_LABEL } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import { bindingOf, RBAC_API_VERSION } from '../lib/workload/rbac';
import { addExtraObject } from './extra-object';
import type { LokiOutput } from './loki-output';
import { namespaceFaults, workloadNamespaces } from './program-workloads';

/** Which lines of a log are meant. */
export enum LogLines {
  /** Those that say who called what, with which outcome. */
  AUDIT = 'Audit',
  /** All. */
  ALL = 'All',
}

/** Properties of log forwarding. */
export interface LogForwardingProps {
  /** Where lines are sent to. */
  readonly loki: LokiOutput;
  /**
   * Which lines are sent.
   * @default LogLines.AUDIT
   */
  readonly lines?: LogLines;
  /**
   * Namespaces whose pods of this library are meant.
   * @default - those with workloads of the program, at least one
   */
  readonly namespaces?: string[];
  /**
   * What each line is labelled with, beside what says where it comes from: `openshift.labels` of its record.
   * @default - nothing
   */
  readonly labels?: Record<string, string>;
}

/** Of OpenShift Logging: lets a forwarder read what applications log. */
const COLLECT_ROLE = 'collect-application-logs';
/** Of OpenShift Logging: lets a forwarder write what applications log to a LokiStack, and nothing else. */
const WRITE_ROLE = 'cluster-logging-write-application-logs';

/**
 * Sends what the pods of the program log to Loki, with OpenShift Logging 6: a ClusterLogForwarder, its ServiceAccount, and
 * the rights that it needs for that. They stand in the namespace of the chart, usually `openshift-logging`.
 */
export class LogForwarding extends Construct {
  public constructor(scope: Construct, id: string, props: LogForwardingProps) {
    super(scope, id);
    const { loki, lines = LogLines.AUDIT, labels = {} } = props;
    const namespace = chartNamespace(this);
    this.checkName(id);
    for (const name of props.namespaces ?? []) deferFault(this, () => checkedLabel(this, name), name);
    const namespaces = () => props.namespaces ?? workloadNamespaces(this);
    // Without a namespace, lines of all namespaces would be sent.
    this.node.addValidation({ validate: () => namespaceFaults(this, namespaces(), 'whose lines could be sent') });
    addExtraObject(this, 'service-account', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      name: id,
      namespace,
      content: {},
    });
    this.bind(COLLECT_ROLE, namespace);
    if (loki._target.kind === 'lokiStack') this.bind(WRITE_ROLE, namespace);
    const forwarder = { serviceAccount: id, podLabel: RUNTIME_LABEL, labels, target: loki._target };
    const auditOnly = lines === LogLines.AUDIT;
    const produce = () => logForwarderSpec({ ...forwarder, auditOnly, namespaces: namespaces() });
    this.node.defaultChild = addExtraObject(this, 'forwarder', {
      apiVersion: 'observability.openshift.io/v1',
      kind: 'ClusterLogForwarder',
      name: id,
      namespace,
      content: { spec: Lazy.any({ produce }) },
    });
  }

  private bind(role: string, namespace: string): void {
    addExtraObject(this, role, {
      apiVersion: RBAC_API_VERSION,
      kind: 'ClusterRoleBinding',
      name: `${namespace}.${this.node.id}.${role}`,
      content: bindingOf('ClusterRole', role, { name: this.node.id, namespace }),
    });
  }

  private checkName(id: string): void {
    const check = () => {
      if (/^[a-z][a-z0-9-]{2,62}[a-z0-9]$/.test(id)) return;
      throw new SynthError('NAME_INVALID', this, {
        message: `"${id}" is no name that a log forwarder takes for its ServiceAccount`,
        remedy: 'Give 4 to 64 of a-z, 0-9 and "-", a letter first',
      });
    };
    deferFault(this, check, undefined);
  }
}
