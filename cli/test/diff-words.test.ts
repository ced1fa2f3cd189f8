import { AGENT, between, container, document, GATEWAY, roleOf, SANDBOX, told, type Edit } from './fixtures/difference';

describe('what a change permits', () => {
  it.each<[what: string, edit: Edit, line: string]>([
    [
      'a port of a workload',
      (find) => {
        find('NetworkPolicy', 'support').spec.egress.at(-1).ports.push({ port: 9000, protocol: 'TCP' });
        find('NetworkPolicy', 'log-analysis').spec.ingress[0].ports.push({ port: 9000, protocol: 'TCP' });
      },
      `+ ${AGENT}: may connect to Deployment ${SANDBOX}: TCP 9000`,
    ],
    [
      'addresses',
      (find) => find('NetworkPolicy', 'support').spec.egress.push({ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] }),
      `+ ${AGENT}: may connect to 10.1.0.0/16: all ports`,
    ],
    [
      'who may enter',
      (find) => find('NetworkPolicy', 'agent-gateway').spec.ingress.push({ ports: [{ port: 8080, protocol: 'TCP' }] }),
      `+ ${GATEWAY}: may be called by every pod of the cluster: TCP 8080`,
    ],
    [
      'a host of the proxy',
      (find) =>
        document(find('ConfigMap', 'egress-proxy-config'), ({ allowLists }) =>
          allowLists[0].hosts.push({ name: 'files.example.org', port: 443, tls: true, privateCidrs: ['10.9.0.0/16'] }),
        ),
      `+ ${AGENT}: may connect to files.example.org, through the egress proxy: TCP 443`,
    ],
    [
      'a private address of a host',
      (find) =>
        document(find('ConfigMap', 'egress-proxy-config'), ({ allowLists }) =>
          allowLists[0].hosts[0].privateCidrs.push('10.9.0.0/16'),
        ),
      `+ ${AGENT}: may connect to private addresses of api.anthropic.com:443, through the egress proxy: 10.9.0.0/16`,
    ],
    [
      'a tool',
      (find) =>
        document(find('ConfigMap', 'support-config'), ({ toolsets }) =>
          toolsets[0].tools.push({ name: 'delete_logs', as: 'delete_logs' }),
        ),
      `+ ${AGENT}: may call tool delete_logs of toolset log-analysis`,
    ],
    [
      'no authentication',
      (find) => document(find('ConfigMap', 'agent-gateway-routes'), (gateway) => (gateway.auth = { mode: 'none' })),
      `+ ${GATEWAY}: lets anybody in who can connect: no authentication (auth none)`,
    ],
    [
      'a limit that is gone',
      (find) => delete container(find('Deployment', 'support')).resources.limits.memory,
      `+ ${AGENT}: container runtime: memory: no limit, was 512Mi`,
    ],
    [
      'a limit that is raised',
      (find) => document(find('ConfigMap', 'support-config'), ({ limits }) => (limits.maxTurns = 80)),
      `+ ${AGENT}: model calls of one request (maxTurns): raised from 8 to 80`,
    ],
    [
      'more at once',
      (find) => document(find('ConfigMap', 'log-analysis-config'), ({ limits }) => (limits.maxConcurrency = 9)),
      `+ ${SANDBOX}: tool calls at once (maxConcurrency): raised from 2 to 9`,
    ],
    [
      'a Secret',
      (find) => container(find('Deployment', 'log-analysis')).env.push(secretVariable('database', 'password')),
      `+ ${SANDBOX}: reads key password of Secret database`,
    ],
    [
      'a token',
      (find) => (find('Deployment', 'support').spec.template.spec.automountServiceAccountToken = true),
      `+ ${AGENT}: holds a token of ServiceAccount support for the API server`,
    ],
    [
      'a writable root',
      (find) => delete container(find('Deployment', 'support')).securityContext.readOnlyRootFilesystem,
      `+ ${AGENT}: container runtime: may write to its root file system`,
    ],
    [
      'a capability',
      (find) => (container(find('Deployment', 'support')).securityContext.capabilities.add = ['NET_ADMIN']),
      `+ ${AGENT}: container runtime: has the capability NET_ADMIN`,
    ],
    [
      'the network of the node',
      (find) => (find('Deployment', 'log-analysis').spec.template.spec.hostNetwork = true),
      `+ ${SANDBOX}: uses the network of its node, past every policy`,
    ],
    [
      'a folder of the node',
      (find) => {
        find('Deployment', 'support').spec.template.spec.volumes.push({ name: 'etc', hostPath: { path: '/etc' } });
        container(find('Deployment', 'support')).volumeMounts.push({ name: 'etc', mountPath: '/host', readOnly: true });
      },
      `+ ${AGENT}: has the folder /etc of its node (hostPath)`,
    ],
    [
      'a lower level of Pod Security',
      (find) => delete find('Namespace', 'mcp-fabric-agents').metadata.labels['pod-security.kubernetes.io/enforce'],
      '+ mcp-fabric-agents: admits pods that Pod Security baseline refuses',
    ],
    [
      'a Service for the outside',
      (find) => (find('Service', 'agent-gateway').spec.type = 'LoadBalancer'),
      `+ ${GATEWAY}: is offered outside of the cluster by Service agent-gateway (LoadBalancer)`,
    ],
    [
      'a role',
      (_, objects) => objects.push(...roleOf('secrets', 'reader')),
      `+ ${AGENT}: ServiceAccount ${AGENT} may get secrets in namespace mcp-fabric-agents`,
    ],
    [
      'a workload',
      (find, objects) => {
        const other = structuredClone(find('Deployment', 'support'));
        objects.push({ ...other, metadata: { ...other.metadata, name: 'other' } });
      },
      '+ mcp-fabric-agents/other: runs (Deployment)',
    ],
    [
      'a policy that is gone',
      (find, objects) => objects.splice(objects.indexOf(find('NetworkPolicy', 'log-analysis')), 1),
      `+ ${SANDBOX}: may connect to 0.0.0.0/0: all ports`,
    ],
  ])('%s', async (_, edit, line) => {
    const { widened, lines } = await told(edit);
    expect(lines).toContain(line);
    expect(widened).toBe(true);
  });

  it('what a request may use', async () => {
    const { widened, lines } = await told((find) =>
      document(find('ConfigMap', 'support-config'), (agent) => {
        agent.price = { inputPerMillion: 3, outputPerMillion: 15 };
        Object.assign(agent.limits, { maxToolCalls: 9, maxInputTokens: 8000, maxOutputTokens: 700, maxCost: 5 });
      }),
    );
    expect(widened).toBe(false);
    expect(lines).toEqual([
      `- ${AGENT}: money of one request (maxCost): at most 5, had no limit`,
      `- ${AGENT}: tokens in of one request (maxInputTokens): at most 8000, had no limit`,
      `- ${AGENT}: tokens out of one request (maxOutputTokens): at most 700, had no limit`,
      `- ${AGENT}: tool calls of one request (maxToolCalls): at most 9, had no limit`,
      `~ ${AGENT}: price of the model: added`,
    ]);
  });

  it('a route to another agent, and a lower number of tokens is none', async () => {
    const { lines } = await told((find) => {
      document(find('ConfigMap', 'agent-gateway-routes'), ({ routes }) => (routes[1].match.pattern = '.*'));
      document(find('ConfigMap', 'support-config'), ({ limits }) => (limits.maxTotalTokens = 5000));
    });
    expect(lines).toEqual([
      `- ${AGENT}: tokens of one request (maxTotalTokens): at most 5000, had no limit`,
      `+ ${GATEWAY}: routes requests whose intent matches .* to agent support`,
      `- ${GATEWAY}: no longer routes requests whose intent matches (?i)log|error|warn|trace|fail to agent support`,
    ]);
  });
});

describe('conditions of a route', () => {
  const withCondition: Edit = (find) =>
    document(find('ConfigMap', 'agent-gateway-routes'), ({ routes }) => {
      routes[1].match.headers = [
        { by: 'value', name: 'x-tier', value: 'gold' },
        { by: 'pattern', name: 'x-release', pattern: '^beta' },
      ];
      routes[1].match.callerRoles = ['vip', 'staff'];
      routes[1].affinity = { by: 'user' };
    });

  it('are told, and permit less than the route without them', async () => {
    const { lines, widened } = await told(withCondition);
    const intent = '(?i)log|error|warn|trace|fail';
    expect(lines).toContain(`- ${GATEWAY}: no longer routes requests whose intent matches ${intent} to agent support`);
    expect(lines).toContain(`~ ${GATEWAY}: conditions of route by-intent: added`);
    expect(lines).toContain(`~ ${GATEWAY}: affinity of route by-intent: added`);
    expect(lines.filter((line) => line.startsWith('+'))).toEqual([]);
    expect(widened).toBe(false);
  });
});

describe('what permits nothing', () => {
  it.each<[what: string, edit: Edit, lines: string[]]>([
    ['a policy of another name', (find) => (find('NetworkPolicy', 'support').metadata.name = 'renamed'), []],
    [
      'rules that are split',
      (find) => {
        const { spec } = find('NetworkPolicy', 'egress-proxy');
        const [dns, out] = spec.egress;
        const except = out.to[0].ipBlock.except;
        const half = (cidr: string, first: number, last: number) => ({
          to: [{ ipBlock: { cidr, except: except.filter((one: string) => isWithin(one, first, last)) } }],
          ports: out.ports,
        });
        spec.egress = [half('128.0.0.0/1', 128, 255), half('0.0.0.0/1', 0, 127), dns];
      },
      [],
    ],
    [
      'a prompt, whose text is not told',
      (find) => document(find('ConfigMap', 'support-config'), (agent) => (agent.prompt = 'Be quite different')),
      [`~ ${AGENT}: prompt: changed`],
    ],
    [
      'a model and an image',
      (find) => {
        document(find('ConfigMap', 'support-config'), ({ model }) => (model.modelId = 'claude-next'));
        container(find('Deployment', 'support')).image = 'agentyard/agent-runtime:0.2.0';
      },
      [
        `~ ${AGENT}: model: from anthropic claude-sonnet-4-5 to anthropic claude-next`,
        expect.stringMatching(
          /container runtime: image: from agentyard\/agent-runtime:\S+ to agentyard\/agent-runtime:0\.2\.0$/,
        ),
      ],
    ],
    [
      'the value of a variable, which is not told',
      (find) => (container(find('Deployment', 'support')).env[0].value = 'hunter2'),
      [`~ ${AGENT}: container runtime: changed: variable AGENTYARD_DOCUMENT`],
    ],
    [
      'a field that is not judged',
      (find) => {
        find('Deployment', 'support').spec.template.spec.schedulerName = 'mine';
        document(find('ConfigMap', 'support-config'), ({ shutdown }) => (shutdown.graceMs = 1000));
      },
      [
        `~ ${AGENT}: changed, not judged: Deployment/support $.spec.template.spec.schedulerName`,
        `~ ${AGENT}: changed, not judged: Deployment/support agent document $.shutdown.graceMs`,
      ],
    ],
    [
      'an object of an unknown kind',
      (_, objects) =>
        objects.push({ apiVersion: 'x.example/v1', kind: 'Thing', metadata: { name: 'a', namespace: 'b' } }),
      ['~ b: added: Thing/a'],
    ],
    [
      'a policy of admission, which only refuses',
      (_, objects) =>
        objects.push({
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingAdmissionPolicy',
          metadata: { name: 'a' },
        }),
      ['~ cluster: added: ValidatingAdmissionPolicy/a'],
    ],
  ])('%s', async (_, edit, lines) => {
    expect(await told(edit)).toEqual({ widened: false, lines });
  });

  it('the order and the names of roles', () => {
    expect(between(roleOf('secrets', 'reader'), roleOf('secrets', 'other').reverse())).toEqual({
      widened: false,
      lines: [],
    });
  });

  it('a part of what was there', () => {
    const { widened, lines } = between(roleOf('*', 'reader'), roleOf('pods', 'reader'));
    expect(widened).toBe(false);
    expect(lines).toEqual([
      `- ${AGENT}: ServiceAccount ${AGENT} may no longer get all resources in namespace mcp-fabric-agents`,
    ]);
  });

  it('pods that are selected more narrowly', async () => {
    const { lines } = await told((find) => {
      find('NetworkPolicy', 'agent-gateway').spec.ingress[0].from[0].podSelector.matchLabels.tier = 'front';
    });
    expect(lines).toEqual([
      `- ${GATEWAY}: may no longer be called by pods app.kubernetes.io/name=ingress-nginx in namespace ingress-nginx: TCP 8080`,
    ]);
  });
});

function secretVariable(name: string, key: string) {
  return { name: 'PASSWORD', valueFrom: { secretKeyRef: { name, key } } };
}

function isWithin(block: string, first: number, last: number): boolean {
  const octet = Number(block.split('.')[0]);
  return first <= octet && octet <= last;
}
