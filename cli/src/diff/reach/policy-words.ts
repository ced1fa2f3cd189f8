import type { KubernetesObject } from 'agentyard/reachability';
import { fieldsOf, listOf, type Fields } from '../facts/pod-spec.js';
import {
  endpointSelector,
  inNamespace,
  isOfNamespace,
  namespaceSelector,
  podSelector,
  type Selector,
} from './selector.js';
import type { Direction } from './side.js';

/** What the rules for a direction tell apart, whether they allow or deny it. */
export interface RuleWords {
  readonly pods: readonly Selector[];
  readonly blocks: readonly string[];
  /** Names and patterns of names. */
  readonly hosts: readonly string[];
  /** Cilium's entities, and `nodes`. */
  readonly entities: readonly string[];
  /** Every port that is named by its number. */
  readonly ports: readonly number[];
}

/** What a policy speaks of: what it makes of that is for reachability to say. */
export interface PolicyWords extends Readonly<Record<Direction, RuleWords>> {
  /** The pods that it is about. */
  readonly subject: Selector;
  /** The same for policies that do the same, whatever their names. */
  readonly text: string;
}

const POLICY = /NetworkPolicy$/;

/** The words of an object; none if it is no policy. Policies that reachability does not understand have been refused. */
export function policyWords(object: KubernetesObject): PolicyWords[] {
  const { apiVersion = '', kind = '' } = object;
  if (!POLICY.test(kind)) return [];
  const namespace = (object.metadata?.namespace ?? 'default') as string;
  if (apiVersion.startsWith('cilium.io/')) {
    const specs = [...(object.spec === undefined ? [] : [fieldsOf(object.spec)]), ...listOf(object.specs)];
    return specs.map((spec) => ofCilium(spec, namespace));
  }
  const spec = fieldsOf(object.spec);
  return [kind === 'ClusterNetworkPolicy' ? ofCluster(spec) : ofNamespace(spec, kind, namespace)];
}

/** NetworkPolicy, and those with its form. */
function ofNamespace(spec: Fields, kind: string, namespace: string): PolicyWords {
  const peer = (value: Fields): RuleWords => ({
    ...NOTHING,
    pods: isOfPods(value) ? [[...placeOf(value, namespace), ...podSelector(value.podSelector)]] : [],
    blocks: blocksOf(value.ipBlock),
    hosts: texts(value.domainNames),
  });
  return {
    subject: [...inNamespace(namespace), ...podSelector(spec.podSelector)],
    text: JSON.stringify([kind, namespace, spec]),
    ingress: rulesOf(spec.ingress, 'from', peer, 'ports'),
    egress: rulesOf(spec.egress, 'to', peer, 'ports'),
  };
}

function isOfPods({ podSelector: pods, namespaceSelector: namespaces }: Fields): boolean {
  return (pods ?? namespaces ?? undefined) !== undefined;
}

function placeOf({ namespaceSelector: selector }: Fields, own: string): Selector {
  return selector === undefined || selector === null ? inNamespace(own) : namespaceSelector(selector);
}

function ofCluster(spec: Fields): PolicyWords {
  const peer = (value: Fields): RuleWords => ({
    ...NOTHING,
    pods: (value.pods ?? value.namespaces ?? undefined) === undefined ? [] : [podsOfCluster(value)],
    blocks: texts(value.networks),
    hosts: texts(value.domainNames),
    entities: (value.nodes ?? undefined) === undefined ? [] : ['nodes'],
  });
  return {
    subject: podsOfCluster(fieldsOf(spec.subject)),
    text: JSON.stringify(['ClusterNetworkPolicy', spec]),
    ingress: rulesOf(spec.ingress, 'from', peer, 'protocols'),
    egress: rulesOf(spec.egress, 'to', peer, 'protocols'),
  };
}

function podsOfCluster({ namespaces, pods }: Fields): Selector {
  const { namespaceSelector: within, podSelector: selector } = fieldsOf(pods);
  return [...namespaceSelector(namespaces ?? within), ...podSelector(selector)];
}

function ofCilium(spec: Fields, namespace: string): PolicyWords {
  const rulesFor = (direction: Direction): RuleWords =>
    joined(
      [...listOf(spec[direction]), ...listOf(spec[`${direction}Deny`])].map((rule) =>
        ruleOf([peersOfCilium(rule, direction === 'ingress' ? 'from' : 'to', namespace)], rule.toPorts),
      ),
    );
  return {
    subject: [...inNamespace(namespace), ...endpointSelector(spec.endpointSelector)],
    text: JSON.stringify(['CiliumNetworkPolicy', namespace, spec]),
    ingress: rulesFor('ingress'),
    egress: rulesFor('egress'),
  };
}

function peersOfCilium(rule: Fields, side: 'from' | 'to', namespace: string): RuleWords {
  return {
    pods: listOf(rule[`${side}Endpoints`]).map((value) => {
      const selector = endpointSelector(value);
      return selector.some(({ key }) => isOfNamespace(key)) ? selector : [...inNamespace(namespace), ...selector];
    }),
    blocks: [...texts(rule[`${side}CIDR`]), ...listOf(rule[`${side}CIDRSet`]).flatMap(blocksOf)],
    hosts: joined(namesIn(rule.toFQDNs)).hosts,
    entities: texts(rule[`${side}Entities`]),
    ports: [],
  };
}

const NOTHING: RuleWords = { pods: [], blocks: [], hosts: [], entities: [], ports: [] };

/** Rules that list their peers; those of GKE list names instead. */
function rulesOf(value: unknown, side: 'from' | 'to', peer: (value: Fields) => RuleWords, ports: string): RuleWords {
  return joined(
    listOf(value).map((rule) => ruleOf([...listOf(rule[side]).map(peer), ...namesIn(rule.matches)], rule[ports])),
  );
}

/** @param ports in any form: every number in it is one */
function ruleOf(peers: readonly RuleWords[], ports: unknown): RuleWords {
  return joined([...peers, { ...NOTHING, ports: numbersIn(ports) }]);
}

function joined(words: readonly RuleWords[]): RuleWords {
  return {
    pods: words.flatMap(({ pods }) => pods),
    blocks: words.flatMap(({ blocks }) => blocks),
    hosts: words.flatMap(({ hosts }) => hosts),
    entities: words.flatMap(({ entities }) => entities),
    ports: words.flatMap(({ ports }) => ports),
  };
}

/** Names and patterns, in the two ways in which they are spelled. */
function namesIn(value: unknown): RuleWords[] {
  const names = listOf(value).map(({ name, pattern, matchName, matchPattern }) => {
    return name ?? pattern ?? matchName ?? matchPattern;
  });
  return [{ ...NOTHING, hosts: names.flatMap((name) => (typeof name === 'string' ? [name] : [])) }];
}

function blocksOf(value: unknown): string[] {
  const { cidr, except } = fieldsOf(value);
  return typeof cidr === 'string' ? [cidr, ...texts(except)] : [];
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return (typeof value === 'string' || typeof value === 'number') && /^\d+$/.test(String(value)) ? [Number(value)] : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
