import type { KeycloakRealmSyncDocument, TrustDocument } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { FactSheet } from '../fact.js';
import type { Places } from '../places.js';
import { documentFacts } from './document-facts.js';
import { Facts } from './facts.js';
import { realmSyncFacts, trustFacts } from './job-document-facts.js';
import { namespaceFacts, objectFacts, unusedAccountFacts } from './object-facts.js';
import { podSpecOf } from './pod-spec.js';
import { proxiedFacts, unreachedListFacts } from './proxied-facts.js';
import { realmFacts } from './realm-facts.js';
import { workloadFacts } from './workload-facts.js';

/** What the manifests of one side say, but for who may connect to whom. */
export function allFacts(evaluated: Evaluated, places: Places): FactSheet {
  const { objects, platform } = evaluated;
  const told = platform.workloads.flatMap((workload) => {
    const owner = places.ofWorkload(workload);
    const document = evaluated.documentOf(workload);
    return [
      proxiedFacts(owner, workload, evaluated),
      unreachedListFacts(owner, workload, evaluated),
      ...(document === undefined ? [] : [documentFacts(owner, document)]),
    ];
  });
  return Facts.joined([
    ...told,
    ...identityJobs(evaluated),
    ...objects.map((object) => objectFacts(places.of(object), object)),
    ...accountUse(objects, places),
    ...namespacesOfOthers(objects),
  ]);
}

/** What Keycloak and the jobs of identity are told. */
function identityJobs({ identity }: Evaluated): FactSheet[] {
  return [
    ...identity.realms.map((placed) => realmFacts({ kind: 'KeycloakRealm', place: placed.place }, placed)),
    ...identity.syncs.map((document) => realmSyncFacts(ownerOf(document), document)),
    ...identity.trusts.map((document) => trustFacts(ownerOf(document), document)),
  ];
}

const ownerOf = ({ kind, namespace, name }: TrustDocument | KeycloakRealmSyncDocument) => ({
  kind,
  place: `${namespace}/${name}`,
});

/** What workloads say, with their ServiceAccounts, and what those accounts say that none has. */
function accountUse(objects: readonly KubernetesObject[], places: Places): FactSheet[] {
  const accounts = new Map(
    objects.filter(({ kind }) => kind === 'ServiceAccount').map((account) => [places.of(account).place, account]),
  );
  const used = new Set<KubernetesObject>();
  const workloads = objects.map((object) =>
    workloadFacts(places.of(object), object, (name) => {
      const account = accounts.get(`${object.metadata?.namespace as string}/${name}`);
      if (account !== undefined) used.add(account);
      return account;
    }),
  );
  const unused = [...accounts.values()].filter((account) => !used.has(account));
  return [...workloads, ...unused.map((account) => unusedAccountFacts(places.of(account), account))];
}

/** Namespaces of workloads that somebody else makes, with labels that nobody tells. */
function namespacesOfOthers(objects: readonly KubernetesObject[]): FactSheet[] {
  const own = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata?.name));
  const all = new Set(
    objects.filter((object) => podSpecOf(object) !== undefined).map(({ metadata }) => metadata?.namespace as string),
  );
  const others = [...all].filter((name) => !own.has(name));
  return others.map((place) => namespaceFacts({ kind: 'Namespace', place }, {}));
}
