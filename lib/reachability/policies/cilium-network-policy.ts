import { CiliumSelector } from '../cilium-selector';
import { namespaceOf, titleOf, type KubernetesObject } from '../kubernetes-object';
import { ManifestReader } from '../manifest-reader';
import type { Direction, Policy, PolicyRule } from '../policy';
import { readCiliumPeers } from './cilium-peers';
import { readCiliumPorts } from './cilium-ports';

const DIRECTIONS: readonly Direction[] = ['ingress', 'egress'];

/** CiliumNetworkPolicy. Its rules add to those of NetworkPolicies, and what it denies is denied. */
export function readCiliumNetworkPolicy(object: KubernetesObject): Policy[] {
  const root = new ManifestReader(object, titleOf(object));
  const specs = [...(root.has('spec') ? [root.child('spec')] : []), ...root.items('specs')];
  return specs.map((spec) => readSpec(spec, titleOf(object), namespaceOf(object)));
}

function readSpec(spec: ManifestReader, title: string, namespace: string): Policy {
  spec.only(
    ...['endpointSelector', 'ingress', 'ingressDeny', 'egress', 'egressDeny', 'enableDefaultDeny'],
    ...['labels', 'description', 'log'],
  );
  if (!spec.has('endpointSelector')) throw spec.fault('endpointSelector', 'is missing');
  const sections = DIRECTIONS.flatMap((direction) => [
    { direction, action: 'allow' as const, rules: spec.items(direction) },
    { direction, action: 'deny' as const, rules: spec.items(`${direction}Deny`) },
  ]);
  const defaultDeny = spec.child('enableDefaultDeny').only('ingress', 'egress');
  return {
    title,
    tier: 'Namespace',
    priority: 0,
    subject: CiliumSelector.subject(spec.child('endpointSelector'), namespace),
    isolates: DIRECTIONS.filter((direction) => {
      const hasRules = sections.some((section) => section.direction === direction && section.rules.length > 0);
      return hasRules && (defaultDeny.flag(direction) ?? true);
    }),
    rules: sections.flatMap(({ direction, action, rules }) =>
      rules.flatMap((rule, i) => readRule(rule, direction, action, i, namespace)),
    ),
  };
}

function readRule(
  reader: ManifestReader,
  direction: Direction,
  action: 'allow' | 'deny',
  index: number,
  namespace: string,
): PolicyRule[] {
  const title = `${direction}${action === 'deny' ? 'Deny' : ''} rule ${index + 1}`;
  const peers = readCiliumPeers(reader, direction, action, namespace);
  const ports = readCiliumPorts(reader, action);
  // An empty rule selects nothing; it only closes what is not allowed.
  if (peers === 'nobody' || (peers === undefined && ports === undefined)) return [];
  return [{ direction, action, title, peers, ports }];
}
