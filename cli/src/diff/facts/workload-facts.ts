import type { KubernetesObject } from 'agentyard/reachability';
import type { FactSheet, Owner } from '../fact.js';
import { accountFacts, type AccountLookup } from './account-facts.js';
import { Facts } from './facts.js';
import { hardeningFacts } from './hardening-facts.js';
import { meshFacts } from './mesh-facts.js';
import { fieldsOf, podSpecOf, type Container, type Fields } from './pod-spec.js';
import { limitOf, quantityOf } from './quantity.js';
import { secretFacts } from './secret-facts.js';
import { volumeFacts } from './volume-facts.js';

/** What a container has as much of as there is, unless it is limited. */
const PLENTIFUL = ['cpu', 'memory', 'ephemeral-storage'];

/** What the pods of an object may do and use; nothing if it makes none. */
export function workloadFacts(owner: Owner, object: KubernetesObject, findAccount: AccountLookup): FactSheet {
  const spec = podSpecOf(object);
  if (spec === undefined) return Facts.joined([]);
  const facts = new Facts(owner, 'pod');
  const { replicas, completions, parallelism, activeDeadlineSeconds } = fieldsOf(object.spec);
  facts.grant('workload', `runs ${object.kind}`, `runs (${object.kind})`);
  for (const [name, value] of Object.entries({ replicas, completions, parallelism })) {
    facts.setting('workload', name, name, value === undefined ? undefined : JSON.stringify(value));
  }
  const deadline = activeDeadlineSeconds ?? spec.activeDeadlineSeconds;
  facts.limit('limits', 'activeDeadlineSeconds', 'time that it runs', deadline as number | undefined, (s) => `${s} s`);
  return Facts.joined([
    facts,
    ...spec.containers.map((one) => containerFacts(owner, one)),
    accountFacts(owner, spec, findAccount),
    hardeningFacts(owner, spec),
    meshFacts(owner, spec),
    secretFacts(owner, spec),
    volumeFacts(owner, spec),
  ]);
}

function containerFacts(owner: Owner, container: Container): FactSheet {
  const { name, image, env, envFrom, volumeMounts } = container;
  const facts = new Facts(owner, 'container', `container ${name}: `);
  facts.grant('workload', container.isInitial ? 'begins' : 'is there', container.isInitial ? 'runs at first' : 'runs');
  facts.setting('image', 'image', 'image', image as string | undefined);
  for (const member of ['command', 'args', 'workingDir'] as const) {
    const value = container[member];
    if (value !== undefined) facts.secretSetting('workload', member, member, JSON.stringify(value));
  }
  const limits = fieldsOf(fieldsOf(container.resources).limits);
  for (const resource of PLENTIFUL) {
    const shown = () => String(limits[resource]);
    facts.limit('limits', `limit of ${resource}`, resource, limitOf(limits[resource]), shown);
  }
  for (const variable of env) addVariable(facts, variable);
  const configMaps = envFrom.filter(({ configMapRef }) => configMapRef !== undefined);
  if (configMaps.length > 0)
    facts.secretSetting('other', 'envFrom', 'variables from ConfigMaps', JSON.stringify(configMaps));
  const mounts = JSON.stringify(volumeMounts);
  if (volumeMounts.length > 0) facts.secretSetting('volumes', 'mounts', 'where volumes are mounted', mounts);
  const devices = Object.entries(limits).filter(([resource]) => !PLENTIFUL.includes(resource));
  return Facts.joined([facts, ...devices.map(([device, count]) => deviceFacts(owner, name, device, count))]);
}

/** Of devices and the like a container has none that it does not ask for. */
function deviceFacts(owner: Owner, container: string, device: string, count: unknown): FactSheet {
  const facts = new Facts(owner, `device ${device}`, `container ${container}: `);
  const number = quantityOf(count) ?? 0;
  if (number > 0) facts.grant('limits', `gets ${device}`, `gets ${device}`);
  facts.limit('limits', `limit of ${device}`, device, number, () => String(count));
  return facts;
}

/** Where a value comes from may be told; a value itself may be secret. */
function addVariable(facts: Facts, { name, value, valueFrom }: Fields): void {
  const variable = String(name);
  facts.secretSetting('other', `variable ${variable}`, `variable ${variable}`, JSON.stringify([value, valueFrom]));
}
