import { REGISTRATION_POLICY, type KeycloakComponent } from 'agentyard/contract';
import type { Step } from './change.js';
import { isSame } from './difference.js';
import type { FoundComponent } from './found.js';

/** Brings the policies of client registration into line. They are told apart by provider, and by who registers. */
export function planRegistration(
  desired: readonly KeycloakComponent[],
  found: readonly FoundComponent[],
  realmId: string,
): Step[] {
  return desired.flatMap((policy): Step[] => {
    const what = `registration policy ${policy.name} (${policy.subType})`;
    const present = found.find((other) => other.providerId === policy.providerId && other.subType === policy.subType);
    const body = { ...policy, providerType: REGISTRATION_POLICY, parentId: realmId };
    if (present === undefined) return [{ kind: 'created', what, method: 'POST', path: '/components', body }];
    if (isSame(present.config, policy.config)) return [];
    const emptied = Object.fromEntries(Object.keys(present.config ?? {}).map((key) => [key, []]));
    const config = { ...emptied, ...policy.config };
    const changed = { ...body, id: present.id, config };
    return [{ kind: 'changed', what, method: 'PUT', path: `/components/${present.id}`, body: changed }];
  });
}

/** Brings named things into line that stand in one list of the realm: profiles, or policies, for clients. Others stay. */
export function planClientPolicies<K extends 'profiles' | 'policies'>(
  kind: K,
  desired: readonly Named[],
  found: { readonly [P in K]?: readonly Named[] },
): Step[] {
  const present = found[kind] ?? [];
  if (desired.every((thing) => present.some((other) => isSame(other, thing)))) return [];
  const names = desired.map(({ name }) => name);
  const body = { [kind]: [...present.filter(({ name }) => !names.includes(name)), ...desired] };
  const what = `client ${kind} ${names.join(', ')}`;
  return [{ kind: 'changed', what, method: 'PUT', path: `/client-policies/${kind}`, body }];
}

interface Named {
  readonly name: string;
}
