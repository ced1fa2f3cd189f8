import { ApiKeys, Auth, ClusterProfile } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const AUTH = Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'));
const hasToken = (program: Program): boolean =>
  program.object('Deployment', 'gateway').spec.template.spec.automountServiceAccountToken as boolean;
const egress = (program: Program) => JSON.stringify(program.object('NetworkPolicy', 'gateway').spec.egress ?? []);

describe('a gateway that watches Kubernetes', () => {
  it('may get and watch the Secret of its keys and its own document, by name, and nothing else', () => {
    const program = new Program();
    program.gateway('gateway', { auth: AUTH, watchesKubernetes: true });
    expect(program.object('Role', 'gateway').rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['gateway-routes'], verbs: ['get', 'watch'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['gateway-api-keys'], verbs: ['get', 'watch'] },
    ]);
    expect(program.object('RoleBinding', 'gateway')).toMatchObject({
      roleRef: { kind: 'Role', name: 'gateway' },
      subjects: [{ kind: 'ServiceAccount', name: 'gateway', namespace: 'agents' }],
    });
    expect(program.document('gateway-routes', 'gateway.json').watch).toEqual({
      configMap: 'gateway-routes',
      apiKeysSecret: 'gateway-api-keys',
    });
    expect(hasToken(program)).toBe(true);
    // Once, although there are two rules.
    expect(egress(program).match(/10\.0\.0\.1\/32/g)).toHaveLength(1);
  });

  it('watches its document alone where it takes no API keys', () => {
    const program = new Program();
    program.gateway('gateway', { auth: Auth.none(), watchesKubernetes: true });
    expect(program.object('Role', 'gateway').rules).toHaveLength(1);
    expect(program.document('gateway-routes', 'gateway.json').watch).toEqual({ configMap: 'gateway-routes' });
  });

  it('needs a profile that says where the API server is', () => {
    const program = new Program('agents', ClusterProfile.generic());
    program.gateway('gateway', { auth: AUTH, watchesKubernetes: true });
    expect(() => program.synth()).toThrow(/PROFILE_FACT_MISSING.*API server/s);
  });
});

it('a gateway has no token, no right and no way to the API server unless it is asked for', () => {
  const program = new Program();
  program.gateway('gateway', { auth: AUTH });
  expect(hasToken(program)).toBe(false);
  expect(program.document('gateway-routes', 'gateway.json').watch).toBeUndefined();
  expect(egress(program)).not.toContain('10.0.0.1/32');
  expect(program.synth().filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'gateway')).toEqual([]);
});
