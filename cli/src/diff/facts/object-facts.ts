import { apiKeyDocument, parseDocument, type ApiKeyDocument } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet, Owner } from '../fact.js';
import { groupKindOf } from '../group-kind.js';
import { addIdentities } from './account-facts.js';
import { Facts } from './facts.js';
import { meshFacts } from './mesh-facts.js';
import { fieldsOf } from './pod-spec.js';
import { quantityOf } from './quantity.js';
import { serviceFacts } from './service-facts.js';

const LEVEL = 'pod-security.kubernetes.io/enforce';

/** What Pod Security lets pods of a namespace have beyond what the level `restricted` does. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  restricted: [],
  baseline: ['pods that Pod Security restricted refuses'],
  privileged: ['pods that Pod Security restricted refuses', 'pods that Pod Security baseline refuses'],
};

/** What objects that are no workloads permit and limit. */
export function objectFacts(owner: Owner, object: KubernetesObject): FactSheet {
  const facts = new Facts(owner, 'object');
  switch (groupKindOf(object)) {
    case 'Namespace':
      return namespaceFacts(owner, object);
    case 'Service':
      return serviceFacts(owner, object);
    case 'Secret':
      addLastingToken(facts, object);
      return Facts.joined([facts, ...apiKeysOf(object).map((key) => keyFacts(owner, key))]);
    case 'HorizontalPodAutoscaler.autoscaling':
      facts.limit('limits', 'maxReplicas', 'pods (autoscaler)', quantityOf(fieldsOf(object.spec).maxReplicas));
      break;
    case 'ScaledObject.keda.sh':
      facts.limit('limits', 'maxReplicaCount', 'pods (autoscaler)', quantityOf(fieldsOf(object.spec).maxReplicaCount));
      break;
  }
  return facts;
}

/** What holds for the pods of a namespace. One that is not among the manifests has no labels. */
export function namespaceFacts(owner: Owner, { metadata }: KubernetesObject): FactSheet {
  const facts = new Facts(owner, 'namespace');
  const labels = fieldsOf(metadata?.labels);
  const level = labels[LEVEL] as string | undefined;
  for (const what of ALLOWED[level ?? 'privileged'] ?? ALLOWED.privileged ?? []) {
    facts.grant('hardening', what, `admits ${what}`);
  }
  return Facts.joined([facts, meshFacts(owner, { labels, annotations: fieldsOf(metadata?.annotations) })]);
}

/** What a ServiceAccount gives that no workload of the manifests has. */
export function unusedAccountFacts(owner: Owner, account: KubernetesObject): FactSheet {
  const facts = new Facts(owner, 'account');
  addIdentities(facts, account);
  if (account.automountServiceAccountToken !== false) facts.grant('tokens', 'mounted', 'gives its pods a token');
  return facts;
}

/** A Secret that is filled with a token which has no end. */
function addLastingToken(facts: Facts, { type, metadata }: KubernetesObject): void {
  if (type !== 'kubernetes.io/service-account-token') return;
  const account = String(fieldsOf(metadata?.annotations)['kubernetes.io/service-account.name']);
  facts.grant('tokens', `token of ${account}`, `holds a token of ServiceAccount ${account} for good`);
}

function keyFacts(owner: Owner, { id, user, sha256, expiresAt }: ApiKeyDocument): FactSheet {
  const key = `API key ${id}`;
  const facts = new Facts(owner, key);
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
