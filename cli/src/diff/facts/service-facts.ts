import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf, listOf, type Fields } from './pod-spec.js';

/** Annotations, with their values, that give a load balancer an address of its network alone. */
const INTERNAL: Readonly<Record<string, RegExp>> = {
  'service.beta.kubernetes.io/aws-load-balancer-internal': /^(true|0\.0\.0\.0\/0)$/,
  'service.beta.kubernetes.io/aws-load-balancer-scheme': /^internal$/,
  'service.beta.kubernetes.io/azure-load-balancer-internal': /^true$/,
  'networking.gke.io/load-balancer-type': /^Internal$/i,
  'cloud.google.com/load-balancer-type': /^Internal$/i,
  'service.beta.kubernetes.io/openstack-internal-load-balancer': /^true$/,
  'service.beta.kubernetes.io/oci-load-balancer-internal': /^true$/,
};

/** Without ranges, a load balancer lets in everybody. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Annotations that facts are about. */
export const BALANCER_ANNOTATIONS = Object.keys(INTERNAL);

/** How a Service is offered outside of the cluster, and where it leads. */
export function serviceFacts(owner: Owner, { spec: value, metadata }: KubernetesObject): FactSheet {
  const facts = new Facts(owner, 'Service');
  const spec = fieldsOf(value);
  const name = `Service ${String(metadata?.name)}`;
  const offer = `is offered outside of the cluster by ${name}`;
  const isBalanced = spec.type === 'LoadBalancer';
  const isOnNodes = spec.type === 'NodePort' || (isBalanced && spec.allocateLoadBalancerNodePorts !== false);
  const addresses = Array.isArray(spec.externalIPs) ? (spec.externalIPs as string[]) : [];
  if (isBalanced) facts.grant('network', 'balanced', `${offer} (LoadBalancer)`);
  // A load balancer comes through such ports; alone they are told of only without one.
  if (isOnNodes) facts.grant('network', 'on nodes', `${offer} (NodePort)`, ['balanced']);
  for (const address of addresses) facts.grant('network', `external ${address}`, `is offered at ${address} by ${name}`);
  if (isBalanced || isOnNodes || addresses.length > 0) addTargets(facts, name, spec);
  const { externalName, selector, ports, clusterIP } = spec;
  const leads = { externalName, selector, ports, isHeadless: clusterIP === 'None' };
  facts.secretSetting('network', 'leads', `where ${name} leads`, JSON.stringify(leads));
  return Facts.joined([facts, ...(isBalanced ? [balancerFacts(owner, name, spec, metadata)] : [])]);
}

/** What the outside is led to. */
function addTargets(facts: Facts, name: string, { selector, ports }: Fields): void {
  const labels = Object.entries(fieldsOf(selector)).map(([key, value]) => `${key}=${String(value)}`);
  const pods = labels.length === 0 ? 'where its endpoints say' : `to pods ${labels.sort().join(', ')}`;
  for (const { port, targetPort = port, protocol = 'TCP' } of listOf(ports)) {
    const text = `leads from outside ${pods}, ${String(protocol)} ${String(targetPort)}`;
    facts.grant('network', `${name} ${text}`, text);
  }
}

/** Whom a load balancer lets in. */
function balancerFacts(owner: Owner, name: string, spec: Fields, metadata: KubernetesObject['metadata']): FactSheet {
  const facts = new Facts(owner, 'load balancer');
  const { loadBalancerSourceRanges: ranges } = spec;
  const isLimited = Array.isArray(ranges) && ranges.length > 0;
  facts.addresses('network', 'lets in', `is open through ${name} to`, isLimited ? ranges.map(String) : EVERYWHERE);
  const annotations = Object.entries(fieldsOf(metadata?.annotations));
  if (annotations.some(([key, value]) => INTERNAL[key]?.test(String(value)) === true)) {
    facts.restriction('network', 'internal', `an internal load balancer of ${name}`);
  }
  return facts;
}
