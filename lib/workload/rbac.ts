import { SynthError, type SynthFault } from '../errors/synth-error';
import type { WorkloadName } from './names';

const GROUP = 'rbac.authorization.k8s.io';
/** `apiVersion` of Roles and their bindings. */
export const RBAC_API_VERSION = `${GROUP}/v1`;

/** What may be done in the Kubernetes API, as a rule of a Role says it. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What a binding says beside its metadata: a role, and the one ServiceAccount that has it. */
export function bindingOf(kind: 'Role' | 'ClusterRole', name: string, account: WorkloadName) {
  const subject = { kind: 'ServiceAccount', name: account.name, namespace: account.namespace };
  return { roleRef: { apiGroup: GROUP, kind, name }, subjects: [subject] };
}

/** Requests for which the API server knows no name, so that a rule with names would never hold. */
const NAMELESS = ['create', 'deletecollection'];

/**
 * Checks a rule: it names what it permits, one by one.
 *
 * @throws SynthError RBAC_INVALID
 */
export function checkRule(path: string, rule: PolicyRule): void {
  const fault = ruleFault(rule);
  if (fault !== undefined) throw new SynthError('RBAC_INVALID', path, fault);
}

function ruleFault({ apiGroups, resources, verbs, resourceNames }: PolicyRule): SynthFault | undefined {
  for (const [prop, values] of Object.entries({ apiGroups, resources, verbs, resourceNames })) {
    if (values === undefined) continue;
    if (values.length === 0) return { message: `${prop} is empty`, remedy: 'Name at least one, or leave the rule out' };
    if (values.some((value) => value.includes('*'))) {
      return { message: `${prop} holds "*", which is more than anybody has looked at`, remedy: 'Name them one by one' };
    }
  }
  const nameless = verbs.find((verb) => NAMELESS.includes(verb));
  if (nameless === undefined || resourceNames === undefined) return undefined;
  return {
    message: `the verb "${nameless}" stands beside resourceNames, and such a request names nothing`,
    remedy: `Give "${nameless}" in a rule of its own, without resourceNames`,
  };
}
