import type { Chart } from 'cdk8s';
import { Testing } from 'cdk8s';
import { ApiKeys, Auth, ClusterProfile, Credentials, Entry, Model } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

/** What a pod's security may not depend on: how it is scheduled, replaced, probed and sized. */
const ELSEWHERE = ['topologySpreadConstraints', 'terminationGracePeriodSeconds'];
const ELSEWHERE_IN_CONTAINER = [
  ...['name', 'image', 'env', 'envFrom', 'resources', 'lifecycle'],
  ...['livenessProbe', 'readinessProbe', 'startupProbe'],
];
const without = (object: Manifest, names: string[]): Manifest =>
  Object.fromEntries(Object.entries(object as object).filter(([name]) => !names.includes(name)));

/** Pods of every kind, without any option that concerns their security. */
function podsOf(cluster: ClusterProfile): Record<string, Manifest> {
  const program = new Program('agents', cluster);
  const tools = [program.toolset('sandbox')];
  program.agent('agent', { tools, model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) });
  program.gateway('gateway', {
    auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
    entries: [Entry.fromCidr('10.0.0.0/8')],
    tools,
  });
  const objects = program.synth();
  const proxy = Testing.synth(program.app.node.findChild('egress-proxy-agents') as Chart);
  const templates = [...objects, ...proxy]
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ metadata, spec }) => [metadata.name, spec.template]);
  return Object.fromEntries(templates);
}

/** All of a pod's spec that is not elsewhere, so that a new field is seen here too. */
function securityOf({ spec }: Manifest): Manifest {
  const containers = spec.containers.map((container: Manifest) => without(container, ELSEWHERE_IN_CONTAINER));
  return { ...without(spec, ELSEWHERE), containers };
}

const GENERIC_USER = { runAsUser: 65534, runAsGroup: 65534, fsGroup: 65534 };
const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const CLOSED = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  hostNetwork: false,
  hostPID: false,
  hostIPC: false,
};
const podSecurity = (user: object) => ({
  securityContext: { runAsNonRoot: true, ...user, seccompProfile: { type: 'RuntimeDefault' } },
});
const HTTP = [{ name: 'http', containerPort: 8080, protocol: 'TCP' }];
const CONFIG_MOUNT = { name: 'config', mountPath: '/etc/agentyard', readOnly: true };
const TOKENS_MOUNT = { name: 'service-tokens', mountPath: '/var/run/secrets/agentyard/tokens', readOnly: true };
const TRUST_MOUNT = { name: 'trust-bundle', mountPath: '/etc/agentyard-trust', readOnly: true };
/** One token, for the sandbox alone. */
const TOKENS = {
  name: 'service-tokens',
  projected: {
    sources: [
      {
        serviceAccountToken: {
          audience: 'agentyard:agents/sandbox',
          expirationSeconds: 3600,
          path: 'agents.sandbox',
        },
      },
    ],
  },
};
const TRUST = { name: 'trust-bundle', configMap: { name: 'program-trust-bundle', optional: true } };
const config = (name: string) => ({ name: 'config', configMap: { name } });

const expected = (user: object): Record<string, object> => ({
  agent: {
    ...CLOSED,
    ...podSecurity(user),
    serviceAccountName: 'agent',
    containers: [
      { ports: HTTP, securityContext: CONTAINER_SECURITY, volumeMounts: [CONFIG_MOUNT, TOKENS_MOUNT, TRUST_MOUNT] },
    ],
    volumes: [config('agent-config'), TOKENS, TRUST],
  },
  gateway: {
    ...CLOSED,
    ...podSecurity(user),
    serviceAccountName: 'gateway',
    containers: [
      {
        ports: [...HTTP, { name: 'peers', containerPort: 8088, protocol: 'TCP' }],
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [
          CONFIG_MOUNT,
          { name: 'api-keys', mountPath: '/var/run/secrets/agentyard/api-keys', readOnly: true },
          { name: 'signing-keys', mountPath: '/var/run/secrets/agentyard/signing-keys', readOnly: true },
          TOKENS_MOUNT,
        ],
      },
    ],
    volumes: [
      config('gateway-routes'),
      { name: 'api-keys', secret: { secretName: 'keys', optional: true, defaultMode: 0o440 } },
      { name: 'signing-keys', secret: { secretName: 'gateway-signing-keys', optional: true, defaultMode: 0o440 } },
      TOKENS,
    ],
  },
  sandbox: {
    ...CLOSED,
    ...podSecurity(user),
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['127.0.0.1'] },
    serviceAccountName: 'sandbox',
    containers: [
      {
        ports: HTTP,
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [
          CONFIG_MOUNT,
          { name: 'tools', mountPath: '/opt/agentyard/tools', readOnly: true },
          { name: 'scratch', mountPath: '/tmp', readOnly: false },
          TRUST_MOUNT,
        ],
      },
    ],
    volumes: [
      config('sandbox-config'),
      {
        name: 'tools',
        projected: {
          sources: [{ configMap: { name: 'sandbox-tools', items: [{ key: 'greet.mjs', path: 'greet.mjs' }] } }],
        },
      },
      { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      TRUST,
    ],
  },
  'egress-proxy': {
    ...CLOSED,
    ...podSecurity(user),
    serviceAccountName: 'egress-proxy',
    containers: [
      {
        ports: HTTP,
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [CONFIG_MOUNT, { name: 'work', mountPath: '/run/agentyard', readOnly: false }],
      },
    ],
    volumes: [config('egress-proxy-config'), { name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
  },
});

/** Reviewed literals. Whoever changes one has to say here what becomes weaker, and why. */
describe.each([
  ['generic', ClusterProfile.generic(), GENERIC_USER, undefined],
  ['openshift', ClusterProfile.openshift(), {}, 'restricted-v2'],
])('security defaults under the profile %s', (_, cluster, user, constraints) => {
  const pods = podsOf(cluster);

  it.each(['agent', 'gateway', 'sandbox', 'egress-proxy'])('%s', (name) => {
    expect(securityOf(pods[name])).toEqual(expected(user)[name]);
    expect(pods[name].metadata.annotations?.['openshift.io/required-scc']).toBe(constraints);
  });

  it('are of all pods that there are', () => {
    expect(Object.keys(pods).sort()).toEqual(['agent', 'egress-proxy', 'gateway', 'sandbox']);
  });
});

it('ServiceAccounts mount no token, also for pods that others make with them', () => {
  const program = new Program();
  program.agent('agent');
  expect(program.object('ServiceAccount', 'agent').automountServiceAccountToken).toBe(false);
});
