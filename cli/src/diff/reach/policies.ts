import type { KubernetesObject, Workload } from 'agentyard/reachability';
import { fieldsOf } from '../facts/pod-spec.js';
import type { PodClass } from './pod-class.js';
import { selectedBy } from './pod-classes.js';
import { policyWords, type PolicyWords } from './policy-words.js';
import { NAMESPACE, type Selector } from './selector.js';

type Objects = readonly KubernetesObject[];

/** What the policies of both sides speak of. */
export class Policies {
  public readonly all: readonly PolicyWords[];
  /** Those of one side alone, and all if namespaces are others: what they select may be another. */
  public readonly changed: readonly PolicyWords[];

  /** @param workloads those of both sides */
  public constructor(
    before: Objects,
    after: Objects,
    private readonly workloads: readonly Workload[],
  ) {
    const [old, fresh] = [before, after].map((objects) => byText(objects.flatMap(policyWords)));
    this.all = [...new Map([...(old ?? []), ...(fresh ?? [])]).values()];
    const isSame = namespacesText(before) === namespacesText(after);
    this.changed = isSame ? this.all.filter(({ text }) => old?.has(text) !== fresh?.has(text)) : this.all;
  }

  /** Those that may be about pods. */
  public about(pods: PodClass): PolicyWords[] {
    return this.all.filter(({ subject }) => pods.mayBeSelectedBy(subject));
  }

  public mayHaveChangedFor(pods: PodClass): boolean {
    return this.changed.some(({ subject }) => pods.mayBeSelectedBy(subject));
  }

  /** Selectors that do not mean the pods of workloads alone. */
  public beyondWorkloads(selectors: readonly Selector[]): Selector[] {
    return selectors.filter((selector) => !selectedBy(selector).every((pods) => this.isOfWorkload(pods)));
  }

  public isOfWorkload(pods: PodClass): boolean {
    return this.workloads.some((workload) => pods.isOf(workload));
  }

  /** Names and patterns of hosts. */
  public get hosts(): string[] {
    return this.all.flatMap(({ egress }) => egress.hosts);
  }

  /** Names of namespaces that selectors name. */
  public get namespaces(): string[] {
    const selectors = this.all.flatMap(({ subject, ingress, egress }) => [subject, ...ingress.pods, ...egress.pods]);
    return [...new Set(selectors.flat().flatMap(({ key, values }) => (key === NAMESPACE ? values : [])))];
  }
}

function byText(words: readonly PolicyWords[]): Map<string, PolicyWords> {
  return new Map(words.map((one) => [one.text, one]));
}

function namespacesText(objects: Objects): string {
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  const texts = namespaces.map(({ metadata }) => {
    return JSON.stringify([metadata?.name, Object.entries(fieldsOf(metadata?.labels)).sort()]);
  });
  return texts.sort().join();
}
