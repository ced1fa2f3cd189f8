import type { ForeignPods, Path } from 'agentyard/reachability';

const EVERY_POD = ['anyone', 'any pod'];

/** Pods that are not of the program, as reachability calls them. */
export interface PodText {
  readonly key: string;
  readonly text: string;
  /** What their labels must be, all of it. */
  readonly labels: readonly string[];
  /** `namespace x`, or what the labels of their namespaces must be. */
  readonly namespace: readonly string[];
}

/** Reads the text of a path to or from pods; absent for what is not about pods by their labels. */
export function podText({ kind, peer }: Path): PodText | undefined {
  if (kind !== 'pods' || EVERY_POD.includes(peer)) return undefined;
  const [, labels = '', place = ''] =
    /^(?:(?:all )?(?:pods|endpoints) ?)?(.*?) ?in (namespaces? .*|all namespaces)$/.exec(peer) ?? ['', peer, ''];
  const namespace = place.startsWith('namespaces ')
    ? parts(place.slice('namespaces '.length))
    : place === 'all namespaces'
      ? []
      : [place];
  const normal = [...parts(labels)].sort();
  const text = `${normal.length === 0 ? 'all pods' : `pods ${normal.join(', ')}`}${place === '' ? '' : ` in ${place}`}`;
  return { key: text, text, labels: normal, namespace };
}

/** Whether a path is about all pods of a text. */
export function coversPods(path: Path, pods: PodText): boolean {
  if (EVERY_POD.includes(path.peer)) return true;
  const wider = podText(path);
  if (wider === undefined) return false;
  const isWithin = (needed: readonly string[], given: readonly string[]) => needed.every((one) => given.includes(one));
  return isWithin(wider.labels, pods.labels) && isWithin(wider.namespace, pods.namespace);
}

/** Requirements of a selector; commas within parentheses part none. */
function parts(text: string): string[] {
  return text === '' ? [] : text.split(/, (?![^(]*\))/);
}

/** A namespace that no policy has heard of. */
const ELSEWHERE = 'a-namespace-of-nobody';

/** Pods without any label, where no policy expects them; and such with the labels that selectors speak of. */
export function anyPods(texts: readonly PodText[]): ForeignPods[] {
  return samples({}, ELSEWHERE, texts);
}

/**
 * Pods that a text is about: with the labels that it asks for and no others, and with one more that another selector
 * speaks of. None if what it asks of their namespaces is not known of any.
 */
export function podSamples({ labels, namespace }: PodText, texts: readonly PodText[]): ForeignPods[] {
  const [place = `namespace ${ELSEWHERE}`, ...more] = namespace;
  const name = /^namespace (\S+)$/.exec(place)?.[1];
  if (name === undefined || more.length > 0) return [];
  const needed = Object.fromEntries(labels.flatMap((text) => wanted(text)));
  const refused = new Set(labels.flatMap((text) => /^(?:without (\S+)|(\S+) not in .*)$/.exec(text)?.slice(1) ?? []));
  return samples(needed, name, texts).filter(({ labels: has }) => !Object.keys(has).some((key) => refused.has(key)));
}

function samples(
  labels: Readonly<Record<string, string>>,
  namespace: string,
  texts: readonly PodText[],
): ForeignPods[] {
  const others = texts.flatMap((text) => text.labels.flatMap(spokenOf)).filter(([key]) => !Object.hasOwn(labels, key));
  return [{ namespace, labels }, ...others.map(([key, value]) => ({ namespace, labels: { ...labels, [key]: value } }))];
}

type Label = [key: string, value: string];

/** A label with which pods fulfil a requirement; none if they do without. */
function wanted(text: string): Label[] {
  return /^without |^\S+ not in /.test(text) ? [] : spokenOf(text).slice(0, 1);
}

/** The labels that a requirement is about. */
function spokenOf(text: string): Label[] {
  const [, list, values = ''] = /^(\S+) (?:not )?in \((.*)\)$/.exec(text) ?? [];
  if (list !== undefined) return values.split(', ').map((value) => [list, value]);
  const [, bare] = /^with(?:out)? (\S+)$/.exec(text) ?? [];
  if (bare !== undefined) return [[bare, 'any']];
  const [key = '', value = ''] = text.split('=');
  return [[key, value]];
}
