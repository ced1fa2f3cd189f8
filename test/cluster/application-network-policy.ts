import type { KubernetesObject } from './api-server';
import { writtenCrd } from './written-crd';

const string = { type: 'string' };
const selector = {
  type: 'object',
  properties: {
    matchLabels: { type: 'object', additionalProperties: string },
    matchExpressions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['key', 'operator'],
        properties: { key: string, operator: string, values: { type: 'array', items: string } },
      },
    },
  },
};
const peer = {
  podSelector: selector,
  namespaceSelector: selector,
  ipBlock: {
    type: 'object',
    required: ['cidr'],
    properties: { cidr: string, except: { type: 'array', items: string } },
  },
};
const ports = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      protocol: string,
      port: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
      endPort: { type: 'integer', format: 'int32' },
    },
  },
};
const label = '[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?';
const egressPeer = {
  type: 'object',
  properties: {
    ...peer,
    domainNames: {
      type: 'array',
      minItems: 1,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', pattern: `^(\\*\\.)?(${label}\\.)+${label}\\.?$` },
    },
  },
  'x-kubernetes-validations': Object.keys(peer).map((field) => ({
    rule: `!(has(self.${field}) && has(self.domainNames))`,
    message: `${field} and domainNames exclude each other`,
  })),
};

/**
 * The ApplicationNetworkPolicy of EKS as far as its reference describes it.
 *
 * Amazon's module (github.com/aws/amazon-network-policy-controller-k8s) is not in the module proxy, so that this one CRD
 * is written by hand: a NetworkPolicy whose egress peers may be domain names, which stand alone in a peer and may begin
 * with `*.`. Applying to it shows that fields and names are right, not that EKS agrees.
 */
export function applicationNetworkPolicyCrd(): KubernetesObject {
  const rules = (direction: string, item: unknown) => ({
    type: 'array',
    items: { type: 'object', properties: { ports, [direction]: { type: 'array', items: item } } },
  });
  const spec = {
    type: 'object',
    required: ['podSelector'],
    properties: {
      podSelector: selector,
      policyTypes: { type: 'array', items: string },
      ingress: rules('from', { type: 'object', properties: peer }),
      egress: rules('to', egressPeer),
    },
  };
  return writtenCrd({
    group: 'networking.k8s.aws',
    version: 'v1alpha1',
    kind: 'ApplicationNetworkPolicy',
    plural: 'applicationnetworkpolicies',
    spec,
  });
}
