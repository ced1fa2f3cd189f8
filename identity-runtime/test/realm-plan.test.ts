import fc from 'fast-check';
import type { KeycloakClient } from 'agentyard/contract';
import { planScopeLists } from '../src/realm/client-scopes';
import { planClients } from '../src/realm/clients';
import { differing, isSame } from '../src/realm/difference';
import { KeycloakError } from '../src/realm/keycloak-error';
import { planMappers } from '../src/realm/protocol-mappers';
import { planClientPolicies, planRegistration } from '../src/realm/registration';
import { planRoleMappings } from '../src/realm/role-mappings';
import { planInclusion, planRoles } from '../src/realm/roles';
import { withPasswords, withSecrets } from '../src/realm/secrets';

const role = (name: string, clientRole = false) => ({ id: `id of ${name}`, name, clientRole, containerId: 'realm' });
const mark = { 'agentyard.owner': 'shop' };

describe('what is the same', () => {
  it('is so in whatever order, and what is empty is absent', () => {
    expect(isSame({ a: ['x', 'y'], b: '' }, { a: ['y', 'x'], c: [] })).toBe(true);
    expect(isSame({ 'web-origins': [] }, {})).toBe(true);
    expect(isSame({ a: false }, {})).toBe(false);
    expect(isSame({ a: 0 }, {})).toBe(false);
    expect(isSame(['x'], ['x', 'y'])).toBe(false);
  });

  it('is told apart member by member', () => {
    expect(differing({ a: 1, b: ['x'], c: '' }, { a: 2, b: ['x'], d: 4 })).toEqual({ a: 1 });
  });

  it('whatever it is, is the same as itself', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => isSame(value, structuredClone(value))));
  });
});

describe('lists of client scopes', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  const all = NAMES.map((name) => ({ id: name, name }));
  const lists = () =>
    fc.array(fc.constantFrom('always', 'optional', 'none'), { minLength: 5, maxLength: 5 }).map((places) => ({
      always: NAMES.filter((_, i) => places[i] === 'always'),
      optional: NAMES.filter((_, i) => places[i] === 'optional'),
    }));

  /** What Keycloak makes of the steps: a scope that is in one list cannot be put into the other. */
  function after(found: { always: string[]; optional: string[] }, steps: ReturnType<typeof planScopeLists>) {
    const state = { always: new Set(found.always), optional: new Set(found.optional) };
    for (const { method, path } of steps) {
      const [, list, name = ''] = path.split('/') as [string, 'always' | 'optional', string];
      if (method === 'DELETE') state[list].delete(name);
      else if (state[list === 'always' ? 'optional' : 'always'].has(name))
        throw new Error(`${name} is in the other list`);
      else state[list].add(name);
    }
    return { always: [...state.always].sort(), optional: [...state.optional].sort() };
  }

  const owner = (exact: boolean) => ({ what: 'client x', alwaysPath: '/always', optionalPath: '/optional', exact });

  it('become as they are wanted, from whatever they were', () => {
    fc.assert(
      fc.property(lists(), lists(), (wanted, found) => {
        expect(after(found, planScopeLists(owner(true), wanted, found, all))).toEqual(wanted);
      }),
    );
  });

  it('keep scopes of others, where they are not the program’s', () => {
    fc.assert(
      fc.property(lists(), lists(), (wanted, found) => {
        const state = after(found, planScopeLists(owner(false), wanted, found, all));
        const declared = [...wanted.always, ...wanted.optional];
        expect(state.always).toEqual(expect.arrayContaining(wanted.always));
        expect(state.optional).toEqual(expect.arrayContaining(wanted.optional));
        for (const list of ['always', 'optional'] as const) {
          expect(state[list].filter((name) => !declared.includes(name))).toEqual(
            found[list].filter((name) => !declared.includes(name)),
          );
        }
      }),
    );
  });
});

describe('roles', () => {
  it('are made, and described', () => {
    const steps = planRoles(
      [
        { name: 'new', description: 'x', composite: false },
        { name: 'same', description: '', composite: false },
        { name: 'other', description: 'y', composite: false },
      ],
      [role('same'), { ...role('other'), description: 'z' }],
    );
    expect(steps.map(({ kind, what, path }) => `${kind} ${what} ${path}`)).toEqual([
      'created role new /roles',
      'changed role other /roles-by-id/id of other',
    ]);
  });

  it('of the program include nothing else, not even roles of clients', () => {
    const present = [role('kept'), role('foreign'), role('realm-admin', true)];
    const inclusion = { role: role('lead'), wanted: ['kept', 'new'], present };
    const names = (exact: boolean) =>
      planInclusion({ ...inclusion, leaves: () => exact }, [role('kept'), role('new'), role('foreign')]).map(
        ({ method, body }) => `${method} ${(body as { name: string }[]).map(({ name }) => name).join()}`,
      );
    expect(names(true)).toEqual(['POST new', 'DELETE foreign,realm-admin']);
    expect(names(false)).toEqual(['POST new']);
  });

  it('are mapped as it is wanted, and those of clients not at all', () => {
    const found = {
      realmMappings: [role('kept'), role('foreign')],
      clientMappings: { 'realm-management': { id: 'c1', mappings: [role('realm-admin', true)] } },
    };
    const thing = { what: 'client ci', path: '/users/u1/role-mappings', wanted: ['kept', 'new'], exact: true };
    expect(
      planRoleMappings(thing, found, [role('kept'), role('new')]).map(({ method, path }) => `${method} ${path}`),
    ).toEqual([
      'POST /users/u1/role-mappings/realm',
      'DELETE /users/u1/role-mappings/realm',
      'DELETE /users/u1/role-mappings/clients/c1',
    ]);
  });
});

describe('clients', () => {
  const client: KeycloakClient = {
    clientId: 'web',
    name: 'Web',
    description: '',
    protocol: 'openid-connect',
    enabled: true,
    publicClient: true,
    bearerOnly: false,
    consentRequired: false,
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    fullScopeAllowed: false,
    frontchannelLogout: false,
    clientAuthenticatorType: 'client-secret',
    redirectUris: ['https://b.example.com/', 'https://a.example.com/'],
    webOrigins: [],
    attributes: { 'pkce.code.challenge.method': 'S256', ...mark },
    defaultClientScopes: [],
    optionalClientScopes: [],
  };
  const found = {
    ...client,
    id: 'c1',
    redirectUris: [...client.redirectUris].reverse(),
    attributes: { ...client.attributes, realm_client: 'false', 'client.secret.creation.time': '1' },
    notBefore: 0,
    protocolMappers: [],
  };

  it('that are as they should be are left alone', () => {
    expect(planClients([client], [found])).toEqual([]);
  });

  it('keep what Keycloak says of them beside', () => {
    const [step] = planClients([client], [{ ...found, fullScopeAllowed: true as never }]);
    expect(step).toMatchObject({
      method: 'PUT',
      path: '/clients/c1',
      body: { id: 'c1', notBefore: 0, fullScopeAllowed: false },
    });
  });

  it('of the program lose attributes that somebody set, those of others do not', () => {
    const changed = { ...found, attributes: { ...found.attributes, 'access.token.lifespan': '86400' } };
    const [step] = planClients([client], [changed]);
    expect(step?.body).toMatchObject({ attributes: { 'access.token.lifespan': '', realm_client: 'false' } });
    const attributes = { ...changed.attributes, 'agentyard.owner': '' };
    expect(planClients([client], [{ ...changed, attributes }])).toEqual([]);
  });
});

describe('mappers', () => {
  const mapper = {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { a: '1' },
  } as const;
  const found = [
    { ...mapper, id: 'm1', config: { a: '1', b: '2' } },
    { ...mapper, id: 'm2', name: 'foreign' },
  ];

  it('of the program are exactly as they should be', () => {
    const steps = planMappers({ what: 'x', path: '/client-scopes/s1', exact: true }, [mapper], found);
    expect(steps).toMatchObject([
      { method: 'PUT', path: '/client-scopes/s1/protocol-mappers/models/m1', body: { id: 'm1', config: { a: '1' } } },
      { method: 'DELETE', path: '/client-scopes/s1/protocol-mappers/models/m2' },
    ]);
  });

  it('of others stay', () => {
    expect(planMappers({ what: 'x', path: '/client-scopes/s1', exact: false }, [mapper], found)).toEqual([]);
  });
});

describe('registration', () => {
  const policy = {
    name: 'Trusted Hosts',
    providerId: 'trusted-hosts',
    subType: 'anonymous',
    config: { hosts: [], match: ['true'] },
  };

  it('loses what somebody added to a policy', () => {
    const found = {
      id: 'p1',
      providerId: 'trusted-hosts',
      subType: 'anonymous',
      config: { hosts: ['*'], match: ['true'], more: ['x'] },
    };
    expect(planRegistration([policy], [found], 'r1')).toMatchObject([
      { method: 'PUT', path: '/components/p1', body: { config: { hosts: [], match: ['true'], more: [] } } },
    ]);
    expect(planRegistration([policy], [{ ...found, config: { match: ['true'] } }], 'r1')).toEqual([]);
  });

  it('keeps policies for clients that are of others', () => {
    const ours = { name: 'ours', description: '', enabled: true, conditions: [], profiles: ['ours'] };
    const theirs = { ...ours, name: 'theirs' };
    const [step] = planClientPolicies('policies', [ours], { policies: [{ ...ours, enabled: false }, theirs] });
    expect(step).toMatchObject({ path: '/client-policies/policies', body: { policies: [theirs, ours] } });
    expect(planClientPolicies('policies', [ours], { policies: [theirs, ours] })).toEqual([]);
  });
});

describe('secrets', () => {
  const realm = {
    clients: [{ clientId: 'ci', secret: '${CI_SECRET}' }, { clientId: 'web' }],
    users: [{ username: 'lin', credentials: [{ value: '${LIN_PASSWORD}' }] }],
  } as never;

  it('take the place of their variables', () => {
    expect(withSecrets(realm, { CI_SECRET: 'a"b\\c' }).clients).toEqual([
      { clientId: 'ci', secret: 'a"b\\c' },
      { clientId: 'web' },
    ]);
  });

  it('passwords of people do so in a realm that is made', () => {
    expect(withSecrets(realm, { CI_SECRET: 'a' }).users).toEqual((realm as { users: unknown }).users);
    expect(withPasswords(realm, { LIN_PASSWORD: 'b' }).users).toMatchObject([{ credentials: [{ value: 'b' }] }]);
  });

  it.each([{}, { CI_SECRET: '' }])('that are missing are named (%j)', (environment) => {
    expect(() => withSecrets(realm, environment)).toThrow(KeycloakError);
    expect(() => withSecrets(realm, environment)).toThrow(/CI_SECRET: the variable CI_SECRET is not set.*its Secret$/);
  });
});
