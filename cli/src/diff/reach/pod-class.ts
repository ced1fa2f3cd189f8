import type { ForeignPods, Workload } from 'agentyard/reachability';
import { isOfNamespace, NAMESPACE, namespaceKey, type Selector } from './selector.js';

/** Labels of pods and of their namespace, as selectors spell them. */
export type ClassLabels = ReadonlyMap<string, string>;

/** A value that no policy names. */
export const ANY_VALUE = 'a-value-of-nobody';

/** Pods that have these labels, in a namespace that has these, and of which nothing else is known. */
export class PodClass {
  /** What the pods of a workload have on all sides where it is. */
  public static ofWorkload([first, ...others]: readonly [Workload, ...Workload[]]): PodClass {
    const { namespace, labels } = first;
    const lasting = Object.entries(labels).filter(([key, value]) => others.every((one) => one.labels[key] === value));
    return new PodClass(new Map([...lasting, [NAMESPACE, namespace]]), true);
  }

  /** The same for all classes that are the same. */
  public readonly key: string;
  /** Name of the namespace, if it is told. */
  public readonly namespace: string | undefined;
  public readonly namespaceLabels: Readonly<Record<string, string>>;
  public readonly podLabels: Readonly<Record<string, string>>;

  /** @param areSome whether they may have further labels */
  public constructor(
    private readonly labels: ClassLabels,
    private readonly areSome = false,
  ) {
    const entries = [...labels].sort();
    this.key = JSON.stringify(entries);
    this.namespace = labels.get(NAMESPACE);
    const ofNamespace = entries.filter(([key]) => isOfNamespace(key) && key !== NAMESPACE);
    this.namespaceLabels = Object.fromEntries(ofNamespace.map(([key, value]) => [namespaceKey(key), value]));
    this.podLabels = Object.fromEntries(entries.filter(([key]) => !isOfNamespace(key)));
  }

  public get size(): number {
    return this.labels.size;
  }

  /** How it is told: `pods app=db in namespace data`. @param other put before the pods */
  public text(other = ''): string {
    if (this.size === 0) return `every ${other}pod of the cluster`;
    const pods = spelled(this.podLabels);
    const place = spelled(this.namespaceLabels);
    const whom = pods === '' ? `all ${other}pods` : `${other}pods ${pods}`;
    if (this.namespace === undefined) return `${whom} in ${place === '' ? 'all namespaces' : `namespaces ${place}`}`;
    return `${whom} in namespace ${this.namespace}${place === '' ? '' : `, if it has ${place}`}`;
  }

  /** Whether all pods of it are of another class. */
  public isWithin(other: PodClass): boolean {
    return [...other.labels].every(([key, value]) => this.labels.get(key) === value);
  }

  /** Whether a policy about these may be about them. What a selector refuses is not looked at. */
  public mayBeSelectedBy(selector: Selector): boolean {
    return selector.every(({ key, values, isNegative }) => {
      const value = this.labels.get(key);
      if (isNegative) return true;
      return value === undefined ? this.areSome : values.length === 0 || values.includes(value);
    });
  }

  /** Whether they are those of a workload: they have its labels and no others, and all by which its controller knows them. */
  public isOf({ namespace, labels, pods: { identity = {} } }: Workload): boolean {
    const needed = Object.entries(identity);
    return (
      this.namespace === namespace &&
      needed.length > 0 &&
      needed.every(([key, value]) => this.podLabels[key] === value) &&
      Object.entries(this.podLabels).every(([key, value]) => labels[key] === value)
    );
  }

  /** As an end of connections. @param elsewhere the namespace, if none is told */
  public endpoint(elsewhere: string, further: Readonly<Record<string, string>> = {}): ForeignPods {
    return { namespace: this.namespace ?? elsewhere, labels: { ...this.podLabels, ...further } };
  }
}

function spelled(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => (value === ANY_VALUE ? `with ${key}` : `${key}=${value}`));
  return texts.sort().join(', ');
}
