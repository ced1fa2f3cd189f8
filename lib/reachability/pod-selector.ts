import type { LabelSelector } from './label-selector';
import { Labels } from './labels';
import { both, type Match } from './match';
import { NAMESPACE_NAME, type Namespaces } from './namespaces';
import { beyondWorkloads } from './pod-identity';
import type { Pods } from './pods';

/** Where selected pods are looked up. */
export interface PodLookup {
  /** Absent: in all namespaces. */
  readonly namespace?: string;
  /** Labels that all of them have. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
}

/** Pods that a policy is about, or that a rule of it means. Its text stands in answers. */
export interface PodSelection {
  match(pods: Pods): Match;
  lookup(): PodLookup;
  /** Namespaces that it names. */
  readonly namespaceNames: readonly string[];
  /** What it means beyond the pods of workloads of the program; nothing if it means no others. */
  beyond(workloads: readonly Pods[]): PodSelection | undefined;
  /** What is known of pods because they are selected. */
  selected(namespaces: Namespaces): Pods;
  toString(): string;
}

/** Pods by the labels of their namespace and their own, as NetworkPolicy and its kin select them. */
export class PodSelector implements PodSelection {
  private readonly namespace: string | undefined;

  /** @param namespaces a selector, or the name of the one namespace */
  public constructor(
    private readonly namespaces: LabelSelector | string,
    private readonly pods: LabelSelector,
  ) {
    this.namespace =
      typeof namespaces === 'string' ? namespaces : namespaces.pairs.find(([key]) => key === NAMESPACE_NAME)?.[1];
  }

  public get namespaceNames(): readonly string[] {
    return typeof this.namespaces === 'string' ? [this.namespaces] : this.namespaces.valuesOf(NAMESPACE_NAME);
  }

  public match(pods: Pods): Match {
    const inNamespace = this.matchNamespace(pods);
    return inNamespace === 'no' ? 'no' : both(inNamespace, this.pods.match(pods.labels));
  }

  public lookup(): PodLookup {
    return { namespace: this.namespace, pairs: this.pods.pairs };
  }

  public beyond(workloads: readonly Pods[]): PodSelector | undefined {
    const rest = beyondWorkloads(this.pods, this.namespace, workloads);
    return rest === undefined ? undefined : new PodSelector(this.namespaces, rest);
  }

  public selected(namespaces: Namespaces): Pods {
    const pairs = typeof this.namespaces === 'string' ? [] : this.namespaces.pairs;
    return {
      namespace: this.namespace,
      namespaceLabels:
        this.namespace === undefined ? Labels.some(Object.fromEntries(pairs)) : namespaces.labelsOf(this.namespace),
      labels: Labels.some(Object.fromEntries(this.pods.pairs)),
      hostNetwork: false,
    };
  }

  public toString(): string {
    const pods = this.pods.isEmpty ? 'all pods' : `pods ${this.pods.toString()}`;
    if (this.namespace !== undefined) return `${pods} in namespace ${this.namespace}`;
    const namespaces = this.namespaces.toString();
    return namespaces === '' ? `${pods} in all namespaces` : `${pods} in namespaces ${namespaces}`;
  }

  private matchNamespace({ namespace, namespaceLabels }: Pods): Match {
    if (typeof this.namespaces !== 'string') return this.namespaces.match(namespaceLabels);
    if (namespace === undefined) return 'maybe';
    return namespace === this.namespaces ? 'yes' : 'no';
  }
}
