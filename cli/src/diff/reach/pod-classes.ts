import { ANY_VALUE, PodClass, type ClassLabels } from './pod-class.js';
import type { Selector } from './selector.js';

/**
 * Classes of pods that selectors tell apart, wider ones first: labels with all others.
 *
 * @param most if there are more, only those in which one of some selectors meets another of them, or one of others
 */
export function podClasses(some: readonly Selector[], others: readonly Selector[], most: number): PodClass[] {
  const domains = domainsOf([...some, ...others]);
  const size = domains.reduce((product, [, values]) => product * values.length, 1);
  const found = (size <= most ? everyChoice(domains) : meetings(some, others)).map((one) => new PodClass(one));
  const classes = [...new Map(found.map((one) => [one.key, one])).values()];
  return classes.sort((a, b) => a.size - b.size);
}

/** The pods that fulfil a selector and have no label that they need not, for each of the values that it takes. */
export function selectedBy(selector: Selector): PodClass[] {
  return fulfilled(selector).map((labels) => new PodClass(labels));
}

type Domain = readonly [key: string, values: readonly (string | undefined)[]];

/** The values of each label that selectors tell apart; undefined for none. */
function domainsOf(selectors: readonly Selector[]): Domain[] {
  const domains = new Map<string, Set<string | undefined>>();
  for (const { key, values } of selectors.flat()) {
    const domain = domains.get(key) ?? new Set([undefined]);
    domains.set(key, domain);
    for (const value of orAny(values)) domain.add(value);
  }
  return [...domains].map(([key, values]) => [key, [...values]]);
}

function everyChoice(domains: readonly Domain[]): ClassLabels[] {
  return domains.reduce<ClassLabels[]>(
    (all, [key, values]) =>
      all.flatMap((labels) =>
        values.map((value) => (value === undefined ? labels : new Map([...labels, [key, value] as const]))),
      ),
    [new Map()],
  );
}

/** Pods that fulfil one selector and no more, two of them, or one of them and what another refuses. */
function meetings(some: readonly Selector[], others: readonly Selector[]): ClassLabels[] {
  const first = [new Map<string, string>(), ...some.flatMap(fulfilled)];
  const second = [...first, ...others.flatMap(fulfilled), ...[...some, ...others].flatMap(refused)];
  return first.flatMap((one) => second.flatMap((two) => together(one, two) ?? []));
}

function fulfilled(selector: Selector): ClassLabels[] {
  const needed = selector.filter(({ isNegative }) => !isNegative);
  return needed.reduce<ClassLabels[]>(
    (all, { key, values }) =>
      all.flatMap((labels) => {
        const choices = values.length === 0 && labels.has(key) ? [] : orAny(values);
        return choices.length === 0 ? [labels] : choices.flatMap((value) => withLabel(labels, key, value) ?? []);
      }),
    [new Map()],
  );
}

/** Labels that a selector refuses, each alone. */
function refused(selector: Selector): ClassLabels[] {
  const requirements = selector.filter(({ isNegative }) => isNegative);
  return requirements.flatMap(({ key, values }) => orAny(values).map((value) => new Map([[key, value]])));
}

function orAny(values: readonly string[]): readonly string[] {
  return values.length === 0 ? [ANY_VALUE] : values;
}

function withLabel(labels: ClassLabels, key: string, value: string): ClassLabels | undefined {
  return together(labels, new Map([[key, value]]));
}

/** Both; nothing if they contradict each other. */
function together(one: ClassLabels, two: ClassLabels): ClassLabels | undefined {
  const contradicts = [...two].some(([key, value]) => (one.get(key) ?? value) !== value);
  return contradicts ? undefined : new Map([...one, ...two]);
}
