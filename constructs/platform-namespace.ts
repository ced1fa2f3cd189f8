import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { checkedLabels } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { leaveNamespace } from './extra-object';

/** Levels of Pod Security, as Kubernetes names them. */
export enum PodSecurityLevel {
  /** What all pods of this library keep to. */
  RESTRICTED = 'restricted',
  /** Refuses what is known to lead out of a container. */
  BASELINE = 'baseline',
  /** Refuses nothing. */
  PRIVILEGED = 'privileged',
}

/** Properties of a namespace. */
export interface PlatformNamespaceProps {
  /**
   * Name of the namespace.
   * @default - the namespace of the chart
   */
  readonly name?: string;
  /**
   * Pods below this level are refused, warned of and audited.
   * @default PodSecurityLevel.RESTRICTED
   */
  readonly podSecurity?: PodSecurityLevel;
  /**
   * Version of Kubernetes whose rules of that level hold, for example `v1.33`.
   * @default 'latest'
   */
  readonly podSecurityVersion?: string;
  /**
   * Further labels.
   * @default - none
   */
  readonly labels?: Record<string, string>;
}

/** A namespace that admits only pods of a level of Pod Security. */
export class PlatformNamespace extends Construct {
  /** Name of the namespace. */
  public readonly namespaceName: string;
  /** Whether it takes only pods that say of their security what the level `restricted` asks for. @internal */
  public readonly _isRestricted: boolean;

  public constructor(scope: Construct, id: string, props: PlatformNamespaceProps = {}) {
    super(scope, id);
    const { podSecurity = PodSecurityLevel.RESTRICTED, podSecurityVersion = 'latest', labels = {} } = props;
    const name = props.name ?? chartNamespace(this);
    this._isRestricted = podSecurity === PodSecurityLevel.RESTRICTED;
    this.namespaceName = deferFault(this, () => checkedLabel(this, name), name);
    const levels = Object.fromEntries(
      ['enforce', 'audit', 'warn'].flatMap((mode): [string, string][] => [
        [`pod-security.kubernetes.io/${mode}`, podSecurity],
        [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
      ]),
    );
    const checked = deferFault(this, () => checkedLabels(this, { ...labels, ...levels }), {});
    claimObjectName(this, { apiVersion: 'v1', kind: 'Namespace', name: this.namespaceName });
    // It carries no label of the app: what removes by that label would take all that is in the namespace along.
    const namespace = new ApiObject(this, 'namespace', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: this.namespaceName, labels: { ...checked } },
    });
    leaveNamespace(namespace);
    this.node.defaultChild = namespace;
  }
}
