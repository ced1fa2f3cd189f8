import { apiKeyDocument, parseDocument, type ApiKeyDocument } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf } from './pod-spec.js';
import { quantityOf } from './quantity.js';

/** Annotations by which pods of a ServiceAccount act for an identity of a cloud. */
const IDENTITIES = [
  'eks.amazonaws.com/role-arn',
  'iam.gke.io/gcp-service-account',
  'azure.workload.identity/client-id',
] as const;

const LEVEL = 'pod-security.kubernetes.io/enforce';

/** What Pod Security lets pods of a namespace have beyond what the level `restricted` does. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  restricted: [],
  baseline: ['pods that Pod Security restricted refuses'],
  privileged: ['pods that Pod Security restricted refuses', 'pods that Pod Security baseline refuses'],
};

/** What objects that are no workloads permit and limit. */
export function objectFacts(place: string, object: KubernetesObject): FactSheet {
  const facts = new Facts(place, object.kind ?? '');
  const keys: FactSheet[] = [];
  switch (object.kind ?? '') {
    case 'Namespace':
      addNamespace(facts, object);
      break;
    case 'Service':
      addService(facts, object);
      break;
    case 'ServiceAccount':
      addIdentity(facts, object);
      break;
    case 'Secret':
      keys.push(...apiKeysOf(object).map((key) => keyFacts(place, key)));
      break;
    case 'HorizontalPodAutoscaler':
      facts.limit('limits', 'maxReplicas', 'pods (autoscaler)', quantityOf(fieldsOf(object.spec).maxReplicas));
      break;
    case 'ScaledObject':
      facts.limit('limits', 'maxReplicaCount', 'pods (autoscaler)', quantityOf(fieldsOf(object.spec).maxReplicaCount));
      break;
  }
  return Facts.joined([facts, ...keys]);
}

function addNamespace(facts: Facts, { metadata }: KubernetesObject): void {
  const level = fieldsOf(metadata?.labels)[LEVEL] as string | undefined;
  for (const what of ALLOWED[level ?? 'privileged'] ?? ALLOWED.privileged ?? []) {
    facts.grant('hardening', what, `admits ${what}`);
  }
}

function addService(facts: Facts, { spec: value, metadata }: KubernetesObject): void {
  const { type, externalIPs, externalName, selector, ports, clusterIP } = fieldsOf(value);
  const name = `Service ${String(metadata?.name)}`;
  if (type === 'LoadBalancer' || type === 'NodePort') {
    facts.grant('network', 'exposed', `is offered outside of the cluster by ${name} (${type})`);
  }
  for (const address of Array.isArray(externalIPs) ? (externalIPs as string[]) : []) {
    facts.grant('network', `external ${address}`, `is offered at ${address} by ${name}`);
  }
  const leads = { externalName, selector, ports, isHeadless: clusterIP === 'None' };
  facts.secretSetting('network', 'leads', `where ${name} leads`, JSON.stringify(leads));
}

function addIdentity(facts: Facts, { metadata }: KubernetesObject): void {
  const annotations = fieldsOf(metadata?.annotations);
  for (const key of IDENTITIES) {
    const identity = annotations[key] as string | undefined;
    if (identity !== undefined) facts.grant('roles', `${key} ${identity}`, `acts as ${identity} (${key})`);
  }
}

function keyFacts(place: string, { id, user, sha256, expiresAt }: ApiKeyDocument): FactSheet {
  const key = `API key ${id}`;
  const facts = new Facts(place, key);
  facts.grant('authentication', `${key} ${user} ${sha256}`, `admits ${key} for user ${user}`);
  const end = expiresAt === undefined ? undefined : Date.parse(expiresAt);
  facts.limit('authentication', `end of ${key}`, `validity of ${key}`, end, (time) => new Date(time).toISOString());
  return facts;
}

/** The API keys in a Secret, those entries that are their documents. */
function apiKeysOf({ data, stringData }: KubernetesObject): ApiKeyDocument[] {
  const decoded = Object.values(fieldsOf(data)).map((text) => Buffer.from(String(text), 'base64').toString());
  return [...decoded, ...Object.values(fieldsOf(stringData)).map(String)].flatMap((text) => {
    try {
      return [parseDocument(apiKeyDocument, text)];
    } catch {
      // Any other content; that it changed is told by its path.
      return [];
    }
  });
}
