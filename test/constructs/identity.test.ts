import { Chart } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-29';
import {
  ApiKeys,
  ArgumentRule,
  Auth,
  ClusterProfile,
  Egress,
  KeycloakRealm,
  McpServer,
  Role,
  RouteMatch,
  ServiceIdentity,
} from 'agentyard';
import { Program, warningsOf, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const viewer = Role.fromRoleName('viewer');
const analyst = Role.fromRoleName('analyst');
const keys = Auth.apiKeys(ApiKeys.fromSecretName('keys'));

/** A gateway in a namespace of its own, an agent with one tool of two, and the toolset. */
function platform() {
  const p = new Program();
  const front = new Chart(p.app, 'front', { namespace: 'front' });
  const logs = p.toolset('logs', { allowedRoles: [analyst], toolRoles: { part: [viewer, analyst] } });
  const support = p.agent('support', { tools: [logs.tool('greet')], allowedRoles: [analyst, viewer] });
  const gateway = p.gateway('gateway', { auth: keys, tools: [logs.tool('part')] }, front);
  gateway.addRoute('by-name', { match: RouteMatch.agent(support) });
  return { p, front, logs, support, gateway };
}

const tokensOf = ({ spec }: Manifest) => {
  const volume = spec.template.spec.volumes.find(({ name }: Manifest) => name === 'service-tokens');
  return volume?.projected.sources.map(({ serviceAccountToken }: Manifest) => serviceAccountToken.audience);
};

describe('roles', () => {
  it('stand at each tool, in the toolset’s document and in the gateway’s, and at each agent', () => {
    const { p, front } = platform();
    const toolset = p.document('logs-config', 'toolset.json');
    expect(toolset.tools.map(({ name, allowedRoles }: Manifest) => [name, allowedRoles])).toEqual([
      ['greet', ['analyst']],
      ['part', ['analyst', 'viewer']],
    ]);
    const gateway = p.document('gateway-routes', 'gateway.json', front);
    expect(gateway.toolsets[0].tools).toEqual([{ name: 'part', as: 'part', allowedRoles: ['analyst', 'viewer'] }]);
    expect(gateway.agents[0].allowedRoles).toEqual(['analyst', 'viewer']);
    expect(p.document('support-config', 'agent.json').allowedRoles).toEqual(['analyst', 'viewer']);
  });

  it('may bring rules about arguments, for the toolset and for each gateway, and none for agents that call it', () => {
    const p = new Program();
    const schema = { type: 'object', properties: { name: { type: 'string', maxLength: 20 } } };
    const rules = [
      ArgumentRule.forRole(viewer, { schema, expression: "args.name != ''" }),
      ArgumentRule.forRole(Role.anyCaller(), { expression: 'args.name == user.sub' }),
    ];
    const logs = p.toolset('logs', { allowedRoles: [viewer, analyst], argumentRules: { greet: rules } });
    const crm = McpServer.fromUrl(p.chart, 'crm', {
      url: 'https://crm.example.com/mcp',
      toolRoles: { find: [viewer] },
      otherToolRoles: [analyst],
      argumentRules: { list: [ArgumentRule.forRole(analyst, { schema })] },
    });
    const agent = p.agent('support', { tools: [logs] });
    p.gateway('gateway', { auth: keys, tools: [logs], mcpServers: [crm] }).addRoute('support', {
      match: RouteMatch.agent(agent),
    });
    const argumentRules = [
      { role: 'viewer', schema, expression: "args.name != ''" },
      { role: '*', expression: 'args.name == user.sub' },
    ];
    const allowedRoles = ['analyst', 'viewer'];
    const [greet, part] = p.document('logs-config', 'toolset.json').tools;
    expect(greet).toMatchObject({ name: 'greet', allowedRoles, argumentRules });
    expect(part).not.toHaveProperty('argumentRules');
    const { toolsets, mcpServers } = p.document('gateway-routes', 'gateway.json');
    expect(toolsets[0].tools).toEqual([
      { name: 'greet', as: 'greet', allowedRoles, argumentRules },
      { name: 'part', as: 'part', allowedRoles },
    ]);
    expect(mcpServers[0].tools).toEqual([
      { name: 'find', allowedRoles: ['viewer'] },
      { name: 'list', allowedRoles: ['analyst'], argumentRules: [{ role: 'analyst', schema }] },
    ]);
    expect(JSON.stringify(p.document('support-config', 'agent.json'))).not.toContain('argumentRules');
  });

  it('bring rules of an agent to it and to each gateway that leads to it', () => {
    const p = new Program();
    const history = { type: 'object', properties: { history: { type: 'array', maxItems: 0 } } };
    const support = p.agent('support', {
      allowedRoles: [viewer, analyst],
      argumentRules: [ArgumentRule.forRole(viewer, { schema: history, expression: "args.input != ''" })],
    });
    const plain = p.agent('plain');
    const gateway = p.gateway('gateway', { auth: keys, agentTools: [support] });
    for (const agent of [plain, support]) gateway.addRoute(agent.node.id, { match: RouteMatch.agent(agent) });
    const argumentRules = [{ role: 'viewer', schema: history, expression: "args.input != ''" }];
    const { agents } = p.document('gateway-routes', 'gateway.json');
    expect(agents.map((agent: Manifest) => [agent.name, agent.argumentRules])).toEqual([
      ['plain', undefined],
      ['support', argumentRules],
    ]);
    expect(p.document('support-config', 'agent.json')).toMatchObject({ argumentRules });
  });

  it('of rules are asked for in tokens, too', () => {
    const p = new Program();
    const realm = new KeycloakRealm(p.chart, 'realm', { hostname: 'sso.example.com' });
    const rules = [Role.anyCaller(), realm.addRole('auditor')].map((role) =>
      ArgumentRule.forRole(role, { expression: "args.name != ''" }),
    );
    const logs = p.toolset('logs', { allowedRoles: [Role.anyCaller()], argumentRules: { greet: rules } });
    const agent = p.agent('support', {
      argumentRules: [Role.anyCaller(), realm.addRole('reviewer')].map((role) =>
        ArgumentRule.forRole(role, { expression: 'args.history.size() < 5' }),
      ),
    });
    p.gateway('gateway', { auth: Auth.keycloak(realm), tools: [logs], publicUrl: 'https://mcp.example.com' }).addRoute(
      'support',
      { match: RouteMatch.agent(agent) },
    );
    const { roles } = p.document('gateway-routes', 'gateway.json').auth.issuers[0];
    expect(roles).toEqual(['auditor', 'reviewer']);
  });

  it('an empty list is nobody, Role.anyCaller() everybody, and an agent that says nothing is for every caller', () => {
    const p = new Program();
    p.toolset('logs', { allowedRoles: [], toolRoles: { part: [viewer, Role.anyCaller()] } });
    p.agent('support');
    const { tools } = p.document('logs-config', 'toolset.json');
    expect(tools.map(({ allowedRoles }: Manifest) => allowedRoles)).toEqual([[], '*']);
    expect(p.document('support-config', 'agent.json').allowedRoles).toBe('*');
  });
});

describe('service identity', () => {
  it('a toolset knows its callers, and which of its tools each of them may call for users of which gateway', () => {
    const { p } = platform();
    expect(p.document('logs-config', 'toolset.json').identity).toEqual({
      audience: 'agentyard:agents/logs',
      trustBundleDirectory: '/etc/agentyard-trust',
      callers: [
        {
          name: 'agents/support',
          subject: 'system:serviceaccount:agents:support',
          claimIssuers: ['agentyard:front/gateway'],
          tools: ['greet'],
          ownTools: [],
        },
        {
          name: 'front/gateway',
          subject: 'system:serviceaccount:front:gateway',
          claimIssuers: ['agentyard:front/gateway'],
          tools: ['part'],
          ownTools: [],
        },
      ],
    });
  });

  it('an agent knows its gateways, and the gateway for whom it makes user claims', () => {
    const { p, front } = platform();
    expect(p.document('support-config', 'agent.json').identity).toEqual({
      audience: 'agentyard:agents/support',
      subject: 'system:serviceaccount:agents:support',
      trustBundleDirectory: '/etc/agentyard-trust',
      callers: [
        {
          name: 'front/gateway',
          subject: 'system:serviceaccount:front:gateway',
          claimIssuers: ['agentyard:front/gateway'],
          withoutUser: false,
        },
      ],
    });
    expect(p.document('gateway-routes', 'gateway.json', front).agents[0]).toMatchObject({
      subject: 'system:serviceaccount:agents:support',
      claimAudiences: ['agentyard:agents/support', 'agentyard:agents/logs'],
      serviceToken: {
        audience: 'agentyard:agents/support',
        file: '/var/run/secrets/agentyard/tokens/agents.support',
      },
    });
  });

  it('pods hold one token for each service that they call, and sandboxes none', () => {
    const { p, front } = platform();
    expect(tokensOf(p.object('Deployment', 'gateway', front))).toEqual([
      'agentyard:agents/logs',
      'agentyard:agents/support',
    ]);
    expect(tokensOf(p.object('Deployment', 'support'))).toEqual(['agentyard:agents/logs']);
    expect(tokensOf(p.object('Deployment', 'logs'))).toBeUndefined();
  });

  it('an agent without tools holds no token', () => {
    const p = new Program();
    p.agent('support');
    expect(tokensOf(p.object('Deployment', 'support'))).toBeUndefined();
  });

  it('is that of the ServiceAccount that the pods are given', () => {
    const p = new Program();
    const serviceAccount = new ServiceAccount(p.chart, 'shared', { metadata: { name: 'irsa' } });
    p.agent('support', { serviceAccount });
    expect(p.document('support-config', 'agent.json').identity.subject).toBe('system:serviceaccount:agents:irsa');
  });

  it('a service outside of the program may invoke an agent for itself, and the agent use what is granted to it', () => {
    const p = new Program();
    const logs = p.toolset('logs', { allowedRoles: [analyst] });
    const support = p.agent('support', { tools: [logs] });
    support.grantInvoke(ServiceIdentity.fromServiceAccountName('jobs', 'nightly'));
    logs.grantUse(support, ['part']);
    expect(p.document('support-config', 'agent.json').identity.callers).toEqual([
      {
        name: 'jobs/nightly',
        subject: 'system:serviceaccount:jobs:nightly',
        claimIssuers: [],
        withoutUser: true,
      },
    ]);
    expect(p.document('logs-config', 'toolset.json').identity.callers).toEqual([
      expect.objectContaining({ name: 'agents/support', tools: ['greet', 'part'], ownTools: ['part'] }),
    ]);
  });

  it('a service outside of the program may be granted a whole toolset', () => {
    const p = new Program();
    p.toolset('logs').grantUse(ServiceIdentity.fromServiceAccountName('jobs', 'nightly'));
    expect(p.document('logs-config', 'toolset.json').identity.callers).toEqual([
      expect.objectContaining({ name: 'jobs/nightly', tools: [], ownTools: ['greet', 'part'] }),
    ]);
  });

  it('a route whose requests go to another agent makes no caller of the gateway', () => {
    const p = new Program();
    const [named, backend] = [p.agent('named'), p.agent('backend')];
    const gateway = p.gateway('gateway');
    gateway.addRoute('r', { match: RouteMatch.agent(named), backends: [{ agent: backend }] });
    expect(p.document('named-config', 'agent.json').identity.callers).toEqual([]);
    expect(p.document('backend-config', 'agent.json').identity.callers).toHaveLength(1);
  });
});

describe('the trust of a program', () => {
  it('is filled by a job: where, and whose signing keys are made', () => {
    const { p } = platform();
    expect(p.document('program-trust', 'trust.json')).toEqual({
      kind: 'Trust',
      version: 1,
      name: 'program-trust',
      namespace: 'agents',
      bundles: [{ namespace: 'agents', configMap: 'program-trust-bundle' }],
      gateways: [{ issuer: 'agentyard:front/gateway', namespace: 'front', secret: 'gateway-signing-keys' }],
      rotation: { everyMs: 86_400_000, leadMs: 1_800_000, keepMs: 3_600_000 },
    });
  });

  it('manifests hold the objects without content, so that applying them again takes none away', () => {
    const { p, front } = platform();
    expect(p.object('ConfigMap', 'program-trust-bundle')).not.toHaveProperty('data');
    const secret = p.object('Secret', 'gateway-signing-keys', front);
    expect(secret).not.toHaveProperty('data');
    expect(secret).not.toHaveProperty('stringData');
  });

  it('the job may read and patch these objects alone, by name, wherever they are', () => {
    const { p, front } = platform();
    const rules = [...p.synth(), ...p.synth(front)]
      .filter(({ kind }) => kind === 'Role')
      .map(({ metadata, rules: all }) => [metadata.namespace, all]);
    expect(rules).toEqual([
      ['agents', [expect.objectContaining({ resources: ['configmaps'], resourceNames: ['program-trust-bundle'] })]],
      ['front', [expect.objectContaining({ resources: ['secrets'], resourceNames: ['gateway-signing-keys'] })]],
    ]);
    for (const [, [rule]] of rules) expect(rule).toMatchObject({ apiGroups: [''], verbs: ['get', 'patch'] });
    const bindings = [...p.synth(), ...p.synth(front)].filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.map(({ subjects }) => subjects)).toEqual(
      [0, 1].map(() => [{ kind: 'ServiceAccount', name: 'program-trust', namespace: 'agents' }]),
    );
  });

  it('the job reaches the API server alone, and nobody reaches it', () => {
    const { p } = platform();
    const { spec } = p.object('NetworkPolicy', 'program-trust');
    expect(spec).toEqual({
      podSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'program-trust', 'agentyard.dev/runtime': 'identity' },
      },
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [{ protocol: 'TCP', port: 6443 }] }],
    });
  });

  it('runs at once and every five minutes, in a pod as closed as any', () => {
    const { p } = platform();
    const cron = p.object('CronJob', 'program-trust');
    expect(cron.spec).toMatchObject({ schedule: '*/5 * * * *', concurrencyPolicy: 'Forbid' });
    const job = p.synth().find(({ kind }) => kind === 'Job');
    expect(job.metadata.name).toMatch(/^program-trust-[0-9a-f]{10}$/);
    for (const { spec } of [cron.spec.jobTemplate.spec.template, job.spec.template]) {
      expect(spec).toMatchObject({
        serviceAccountName: 'program-trust',
        restartPolicy: 'OnFailure',
        dnsPolicy: 'None',
        securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(spec.containers[0]).toMatchObject({
        image: expect.stringMatching(/^agentyard\/identity-runtime:/),
        args: ['trust'],
        securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      });
    }
  });

  it('another content makes another Job, since the template of one cannot be changed', () => {
    const nameOf = (p: Program) => p.synth().find(({ kind }) => kind === 'Job').metadata.name;
    const [one, two, three] = [new Program(), new Program(), new Program()];
    for (const p of [one, two, three]) p.agent('support');
    two.gateway('gateway');
    expect(nameOf(two)).not.toBe(nameOf(one));
    expect(nameOf(three)).toBe(nameOf(one));
  });

  it('with Cilium the API server is known without addresses', () => {
    const p = new Program('agents', ClusterProfile.generic({ egress: Egress.cilium() }));
    p.agent('support');
    const [rule] = p.object('CiliumNetworkPolicy', 'program-trust-egress').spec.egress;
    expect(rule.toEntities).toEqual(['kube-apiserver']);
  });

  it('where the profile does not say where the API server is there is no job and no right, and a warning says what to do', () => {
    const p = new Program('agents', ClusterProfile.aks());
    expect(warningsOf(() => p.agent('support'))).toContain('[TRUST_BY_HAND] chart/agentyard-trust: ');
    const kinds = p.synth().map(({ kind }) => kind);
    expect(kinds).not.toEqual(expect.arrayContaining(['CronJob']));
    expect(kinds).not.toEqual(expect.arrayContaining(['Role']));
    expect(p.document('program-trust', 'trust.json').bundles).toHaveLength(1);
  });
});
