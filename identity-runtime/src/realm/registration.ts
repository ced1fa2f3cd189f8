import { REGISTRATION_POLICY, type KeycloakComponent, type KeycloakRealmRepresentation } from 'agentyard/contract';
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

type Profiles = KeycloakRealmRepresentation['clientProfiles'];
type Policies = KeycloakRealmRepresentation['clientPolicies'];

/** Brings the profiles into line that policies for clients refer to. Others stay. */
export function planProfiles({ profiles: desired }: Profiles, { profiles: found = [] }: Partial<Profiles>): Step[] {
  if (desired.every((profile) => found.some((other) => isSame(other, profile)))) return [];
  const profiles = [...found.filter(({ name }) => !desired.some((profile) => profile.name === name)), ...desired];
  const what = `client profiles ${desired.map(({ name }) => name).join(', ')}`;
  return [{ kind: 'changed', what, method: 'PUT', path: '/client-policies/profiles', body: { profiles } }];
}

/** Brings the policies for clients into line. Others stay. */
export function planPolicies({ policies: desired }: Policies, { policies: found = [] }: Partial<Policies>): Step[] {
  if (desired.every((policy) => found.some((other) => isSame(other, policy)))) return [];
  const policies = [...found.filter(({ name }) => !desired.some((policy) => policy.name === name)), ...desired];
  const what = `client policies ${desired.map(({ name }) => name).join(', ')}`;
  return [{ kind: 'changed', what, method: 'PUT', path: '/client-policies/policies', body: { policies } }];
}
