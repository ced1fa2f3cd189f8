import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet } from '../fact.js';
import { Facts } from './facts.js';
import { hardeningFacts } from './hardening-facts.js';
import { fieldsOf, podSpecOf, type Container, type Fields, type PodSpec } from './pod-spec.js';
import { quantityOf } from './quantity.js';
import { secretFacts } from './secret-facts.js';
import { volumeFacts } from './volume-facts.js';

/** What the pods of an object may do and use; nothing if it makes none. */
export function workloadFacts(place: string, object: KubernetesObject, account: AccountLookup): FactSheet {
  const spec = podSpecOf(object);
  if (spec === undefined) return Facts.joined([]);
  const facts = new Facts(place, 'pod');
  const { replicas, completions, parallelism, activeDeadlineSeconds } = fieldsOf(object.spec);
  facts.grant('workload', `runs ${object.kind}`, `runs (${object.kind})`);
  for (const [name, value] of Object.entries({ replicas, completions, parallelism })) {
    facts.setting('workload', name, name, value === undefined ? undefined : JSON.stringify(value));
  }
  const deadline = activeDeadlineSeconds ?? spec.activeDeadlineSeconds;
  facts.limit('limits', 'activeDeadlineSeconds', 'time that it runs', deadline as number | undefined, (s) => `${s} s`);
  addToken(facts, spec, account);
  return Facts.joined([
    facts,
    ...[...spec.containers, ...spec.initContainers].map((one) => containerFacts(place, one)),
    hardeningFacts(place, spec),
    secretFacts(place, spec),
    volumeFacts(place, spec),
  ]);
}

/** The ServiceAccount of a name in the namespace of a workload, if it is among the manifests. */
export type AccountLookup = (name: string) => KubernetesObject | undefined;

function addToken(facts: Facts, spec: PodSpec, account: AccountLookup): void {
  const name = (spec.serviceAccountName ?? spec.serviceAccount ?? 'default') as string;
  facts.setting('tokens', 'serviceAccountName', 'ServiceAccount', name);
  const mounts = spec.automountServiceAccountToken ?? account(name)?.automountServiceAccountToken ?? true;
  if (mounts === true)
    facts.grant('tokens', `token of ${name}`, `holds a token of ServiceAccount ${name} for the API server`);
}

function containerFacts(place: string, container: Container): FactSheet {
  const { name, image, env, envFrom, volumeMounts } = container;
  const facts = new Facts(place, 'container', `container ${name}: `);
  facts.grant('workload', 'is there', 'runs');
  facts.setting('image', 'image', 'image', image as string | undefined);
  for (const member of ['command', 'args', 'workingDir'] as const) {
    const value = container[member];
    if (value !== undefined) facts.secretSetting('workload', member, member, JSON.stringify(value));
  }
  const limits = fieldsOf(fieldsOf(container.resources).limits);
  for (const resource of new Set(['cpu', 'memory', 'ephemeral-storage', ...Object.keys(limits)])) {
    facts.limit('limits', `limit of ${resource}`, resource, quantityOf(limits[resource]), () =>
      String(limits[resource]),
    );
  }
  for (const variable of env) addVariable(facts, variable);
  const configMaps = envFrom.filter(({ configMapRef }) => configMapRef !== undefined);
  if (configMaps.length > 0)
    facts.secretSetting('other', 'envFrom', 'variables from ConfigMaps', JSON.stringify(configMaps));
  const mounts = volumeMounts.map(({ name: volume, mountPath, subPath }) => ({ volume, mountPath, subPath }));
  if (mounts.length > 0) facts.secretSetting('volumes', 'mounts', 'where volumes are mounted', JSON.stringify(mounts));
  return facts;
}

/** Where a value comes from may be told; a value itself may be secret. */
function addVariable(facts: Facts, { name, value, valueFrom }: Fields): void {
  const variable = String(name);
  facts.secretSetting('other', `variable ${variable}`, `variable ${variable}`, JSON.stringify([value, valueFrom]));
}
