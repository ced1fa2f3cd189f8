import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf, listOf, type Fields, type PodSpec } from './pod-spec.js';

/** Annotations by which pods of a ServiceAccount act for an identity of a cloud. */
export const IDENTITIES = [
  'eks.amazonaws.com/role-arn',
  'iam.gke.io/gcp-service-account',
  'azure.workload.identity/client-id',
] as const;

const API_SERVER = 'the API server';

/** The ServiceAccount of a name in the namespace of a workload, if it is among the manifests. */
export type AccountLookup = (name: string) => KubernetesObject | undefined;

/** Whom pods pass for: their ServiceAccount, its tokens that they hold, and its identities. */
export function accountFacts(owner: Owner, spec: PodSpec, find: AccountLookup): FactSheet {
  const { account } = spec;
  const facts = new Facts(owner, 'pod');
  const found = find(account);
  facts.setting('tokens', 'serviceAccountName', 'ServiceAccount', account);
  if (found === undefined) {
    facts.grant('tokens', `account ${account}`, `runs as ServiceAccount ${account}, which is not among the manifests`);
  } else {
    addIdentities(facts, found);
  }
  const mounts = spec.automountServiceAccountToken ?? found?.automountServiceAccountToken ?? true;
  if (mounts === true) addToken(facts, account, API_SERVER);
  for (const volume of spec.volumes) {
    for (const source of listOf(fieldsOf(volume.projected).sources)) addProjected(facts, account, source);
  }
  return facts;
}

/** The identities of a cloud that a ServiceAccount gives. */
export function addIdentities(facts: Facts, { metadata }: KubernetesObject): void {
  const annotations = fieldsOf(metadata?.annotations);
  for (const key of IDENTITIES) {
    const identity = annotations[key] as string | undefined;
    if (identity !== undefined) facts.grant('roles', `${key} ${identity}`, `acts as ${identity} (${key})`);
  }
}

function addToken(facts: Facts, account: string, whom: string): void {
  facts.grant('tokens', `token of ${account} for ${whom}`, `holds a token of ServiceAccount ${account} for ${whom}`);
}

function addProjected(facts: Facts, account: string, { serviceAccountToken }: Fields): void {
  if (serviceAccountToken === undefined) return;
  const { audience = API_SERVER, expirationSeconds = 3600 } = fieldsOf(serviceAccountToken);
  const whom = String(audience);
  addToken(facts, account, whom);
  const life = `life of the token for ${whom}`;
  facts.limit('tokens', `life for ${whom}`, life, Number(expirationSeconds), (seconds) => `${seconds} s`);
}
