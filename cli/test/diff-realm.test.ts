import {
  ClientRegistration,
  KeycloakAdministrator,
  KeycloakClientCredentials,
  KeycloakDelivery,
  KeycloakPassword,
  type KeycloakRealmProps,
} from 'agentyard';
import type { KubernetesObject } from 'agentyard/reachability';
import { silenceWarnings } from '../../test/constructs/silence-warnings';
import { RealmProgram } from '../../test/keycloak/realm-program';
import { Duration } from 'cdk8s';
import { between } from './fixtures/difference';

silenceWarnings();

const administrator = KeycloakAdministrator.fromSecretName('keycloak-administrator');
const SECRET = KeycloakClientCredentials.fromSecretKey('clients', 'nightly');
const DELIVERIES: [string, Partial<KeycloakRealmProps>][] = [
  ['a realm file', {}],
  ['a file, with a job', { administrator }],
  ['the operator', { delivery: KeycloakDelivery.byOperator({ instanceName: 'sso' }) }],
  ['the admin API', { delivery: KeycloakDelivery.adminApi(), administrator }],
];

/** The manifests of a program with a realm, two roles, a client and a gateway. */
function manifests(props: Partial<KeycloakRealmProps>, edit?: (program: RealmProgram) => unknown): KubernetesObject[] {
  const program = new RealmProgram(props);
  const { realm } = program;
  const viewer = realm.addRole('viewer');
  realm.addRole('analyst', { includes: [viewer] });
  realm.addClient('web', { redirectUris: ['https://app.example.com/callback'] });
  program.addGateway('red');
  edit?.(program);
  return program.program.synth() as KubernetesObject[];
}

/** What is told of the realm and of its job. */
function told(props: Partial<KeycloakRealmProps>, edit: (program: RealmProgram) => unknown, changed = props) {
  const { lines, widened } = between(manifests(props), manifests(changed, edit));
  return { widened, lines: lines.filter((line) => /^. agents\/mcp(-sync)?:/.test(line)) };
}

describe.each(DELIVERIES)('what changes in a realm that comes by %s', (_, props) => {
  it.each<[what: string, edit: (program: RealmProgram) => unknown, lines: string[]]>([
    [
      'a client of people',
      ({ realm }) => realm.addClient('ide', { redirectUris: ['http://127.0.0.1/callback'] }),
      [
        '+ agents/mcp: has the client ide',
        '+ agents/mcp: lets client ide have scope mcp:agents/red',
        '+ agents/mcp: lets people sign in with client ide',
        '+ agents/mcp: sends people who sign in with client ide to http://127.0.0.1/callback',
        '+ agents/mcp: takes client ide without a credential',
      ],
    ],
    [
      'a service with a role',
      ({ realm }) => realm.addServiceClient('nightly', { roles: [realm.role('analyst')], credentials: SECRET }),
      [
        '+ agents/mcp: gives client nightly tokens for itself',
        '+ agents/mcp: has the client nightly',
        '+ agents/mcp: gives the service account of client nightly the role analyst',
      ],
    ],
    [
      'a gateway',
      (program) => program.addGateway('blue'),
      [
        '+ agents/mcp: issues tokens for https://blue.example.com/mcp to clients that ask for scope mcp:agents/blue',
        '+ agents/mcp: lets client web have scope mcp:agents/blue',
        '+ agents/mcp: puts the role analyst into tokens with scope mcp:agents/blue',
      ],
    ],
  ])('tells of %s', (__, edit, lines) => {
    const difference = told(props, edit);
    expect(difference.widened).toBe(true);
    expect(difference.lines).toEqual(expect.arrayContaining(lines));
    expect(difference.lines.filter((line) => line.includes('not judged'))).toEqual([]);
  });

  it('says nothing of what is the same', () => {
    expect(told(props, () => undefined).lines).toEqual([]);
  });
});

describe('what changes in a realm', () => {
  it('is told with the role that a person gets', () => {
    const password = KeycloakPassword.fromSecretKey('people', 'lin');
    const { lines } = told({}, ({ realm }) => realm.addUser('lin', { roles: [realm.role('viewer')], password }));
    expect(lines).toEqual(
      expect.arrayContaining(['+ agents/mcp: has the user lin', '+ agents/mcp: gives user lin the role viewer']),
    );
  });

  it('may be how long tokens are valid', () => {
    const accessTokenLifetime = Duration.minutes(30);
    expect(told({}, () => undefined, { accessTokenLifetime })).toEqual({
      widened: true,
      lines: ['+ agents/mcp: time for which access tokens are valid: raised from 300 s to 1800 s'],
    });
    const { lines, widened } = told({ accessTokenLifetime }, () => undefined, {});
    expect([widened, lines]).toEqual([
      false,
      ['- agents/mcp: time for which access tokens are valid: lowered from 1800 s to 300 s'],
    ]);
  });

  it('may be who registers clients', () => {
    const clientRegistration = ClientRegistration.trustedHosts(['localhost']);
    const { lines, widened } = told({}, () => undefined, { clientRegistration });
    expect(widened).toBe(true);
    expect(lines).toContain('+ agents/mcp: what clients that register themselves may do: changed');
  });

  it('is told field by field as that of any object, where the realm is not of this library', () => {
    const realm = { apiVersion: 'k8s.keycloak.org/v2beta1', kind: 'KeycloakRealmImport' };
    const object = (displayName: string): KubernetesObject => ({
      ...realm,
      metadata: { name: 'acme', namespace: 'agents' },
      spec: { realm: { realm: 'acme', displayName } },
    });
    const { lines } = between([object('Acme')], [object('Acme Inc.')]);
    expect(lines).toEqual(['~ agents/acme: changed, not judged: KeycloakRealmImport/acme $.spec.realm.displayName']);
  });
});

describe('what changes in the keys by which services know each other', () => {
  it('is told with the gateway whose keys are made', () => {
    const after = manifests({}, (program) => program.addGateway('blue'));
    const { lines } = between(manifests({}), after);
    expect(lines.filter((line) => line.includes('-trust:'))).toEqual([
      '+ agents/program-trust: ServiceAccount agents/program-trust may get, patch secrets "blue-signing-keys" in namespace agents',
      '+ agents/program-trust: makes the keys by which agentyard:agents/blue vouches for users (Secret agents/blue-signing-keys)',
    ]);
  });
});
