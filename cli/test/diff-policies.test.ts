import type { KubernetesObject } from 'agentyard/reachability';
import { between } from './fixtures/difference';
import { ciliumPolicy, closed, clusterPolicy, deployment, networkPolicy } from './fixtures/small-platform';

const A = 'agents/a';
const workload = deployment('a');
const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
const selecting = (podSelector: object, namespaceSelector?: object) => ({ podSelector, namespaceSelector });

/** What changes for the workload `a` and beyond, if policies do. */
function changed(before: readonly KubernetesObject[], after: readonly KubernetesObject[]) {
  return between([workload, ...before], [workload, ...after]);
}

describe('a rule that denies and is gone', () => {
  const evil = { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'evil' } };
  const pods = { pods: { namespaceSelector: inNamespace('vault'), podSelector: {} } };
  const port = (number: number) => ({ protocols: [{ tcp: { destinationPort: { number } } }] });
  const allowed = { ingress: [{ fromEntities: ['cluster'] }], egress: [{ toEntities: ['all'] }] };

  it.each<[what: string, before: KubernetesObject, after: KubernetesObject[], line: string]>([
    [
      'pods of a namespace (ingressDeny)',
      ciliumPolicy({ ...allowed, ingressDeny: [{ fromEndpoints: [evil] }] }),
      [ciliumPolicy(allowed)],
      `+ ${A}: may be called by all pods in namespace evil: all ports`,
    ],
    [
      'the API server (egressDeny)',
      ciliumPolicy({ ...allowed, egressDeny: [{ toEntities: ['kube-apiserver'] }] }),
      [ciliumPolicy(allowed)],
      `+ ${A}: may connect to the API server: all ports`,
    ],
    [
      'pods of a namespace (Deny)',
      clusterPolicy({ egress: [{ action: 'Deny', to: [pods] }] }),
      [],
      `+ ${A}: may connect to all pods in namespace vault: all ports`,
    ],
    [
      'pods of a namespace, but for some (Accept before Deny)',
      clusterPolicy({
        egress: [
          { action: 'Accept', to: [{ pods: { ...pods.pods, podSelector: { matchLabels: { app: 'front' } } } }] },
          { action: 'Deny', to: [pods] },
        ],
      }),
      [],
      `+ ${A}: may connect to all pods in namespace vault: all ports`,
    ],
    [
      'an address',
      clusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['169.254.169.254/32'] }] }] }),
      [],
      `+ ${A}: may connect to 169.254.169.254/32: all ports`,
    ],
    [
      'a port',
      clusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }], ...port(25) }] }),
      [],
      `+ ${A}: may connect to 0.0.0.0/0: TCP 25`,
    ],
    [
      'the nodes',
      clusterPolicy({ egress: [{ action: 'Deny', to: [{ nodes: {} }], ...port(10250) }] }),
      [],
      `+ ${A}: may connect to the entity nodes: TCP 10250`,
    ],
    [
      'what a rule passes on to another that denies',
      clusterPolicy({ egress: [{ action: 'Deny', to: [pods] }] }),
      [clusterPolicy({ egress: [{ action: 'Pass', to: [pods] }] })],
      `+ ${A}: may connect to all pods in namespace vault: all ports`,
    ],
  ])('opens %s', (_, before, after, line) => {
    const { widened, lines } = changed([before], after);
    expect(widened).toBe(true);
    expect(lines).toEqual([line]);
    const back = changed(after, [before]);
    expect(back.widened).toBe(false);
    expect(back.lines).toEqual([line.replace('+', '-').replace('may ', 'may no longer ')]);
  });

  it('opens only what nothing else closes', () => {
    const deny = clusterPolicy({ egress: [{ action: 'Deny', to: [pods] }] });
    expect(changed([deny, closed('agents')], [closed('agents')]).lines).toEqual([
      '+ cluster: every other pod of the cluster: may connect to all pods in namespace vault: all ports',
    ]);
  });
});

describe('a selector that takes in more', () => {
  const ingress = (from: object) => networkPolicy('agents', { policyTypes: ['Ingress'], ingress: [{ from: [from] }] });
  const egress = (to: object) => networkPolicy('agents', { policyTypes: ['Egress'], egress: [{ to: [to] }] });
  const data = (labels: object) => ({ matchLabels: { ...inNamespace('data').matchLabels, ...labels } });
  const oneOf = (key: string, operator: string, values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });

  it.each<[what: string, before: KubernetesObject, after: KubernetesObject, lines: string[]]>([
    [
      'a namespace whatever its labels',
      ingress(selecting({}, data({ env: 'prod' }))),
      ingress(selecting({}, data({}))),
      [`+ ${A}: may be called by all pods in namespace data: all ports`],
    ],
    [
      'namespaces with another label',
      egress(selecting({}, oneOf('team', 'In', ['a']))),
      egress(selecting({}, oneOf('team', 'In', ['a', 'b']))),
      [`+ ${A}: may connect to all pods in namespaces team=b: all ports`],
    ],
    [
      'pods with a label that was refused',
      egress(selecting(oneOf('team', 'NotIn', ['a', 'b']))),
      egress(selecting(oneOf('team', 'NotIn', ['a']))),
      [`+ ${A}: may connect to pods team=b in namespace agents: all ports`],
    ],
    [
      'pods that have a label',
      egress(selecting({ matchLabels: { team: 'a' } })),
      egress(selecting({ matchExpressions: [{ key: 'team', operator: 'Exists' }] })),
      [`+ ${A}: may connect to pods with team in namespace agents: all ports`],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(changed([before], [after])).toEqual({ widened: true, lines });
    expect(changed([after], [before]).widened).toBe(false);
  });

  it('beside a workload of the program', () => {
    const web = deployment('web', { labels: { tier: 'x' } });
    const from = (podSelector: object) => [
      workload,
      web,
      networkPolicy('agents', {
        podSelector: { matchLabels: { app: 'a' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector }] }],
      }),
    ];
    expect(between(from({ matchLabels: { app: 'web', tier: 'x' } }), from({ matchLabels: { tier: 'x' } }))).toEqual({
      widened: true,
      lines: [`+ ${A}: may be called by pods tier=x in namespace agents: all ports`],
    });
    const among = (values: string[]) => from({ ...oneOf('app', 'In', values), matchLabels: { tier: 'x' } });
    expect(between(among(['web']), among(['web', 'evil']))).toEqual({
      widened: true,
      lines: [`+ ${A}: may be called by pods app=evil, tier=x in namespace agents: all ports`],
    });
  });

  it('that has the labels of a workload means its pods and no others', () => {
    const web = deployment('web');
    const to = (egressRules: object[]) => [
      workload,
      web,
      networkPolicy('agents', {
        podSelector: { matchLabels: { app: 'a' } },
        policyTypes: ['Egress'],
        egress: egressRules,
      }),
    ];
    const pods = (matchLabels: object) => to([{ to: [{ podSelector: { matchLabels } }], ports: [{ port: 80 }] }]);
    expect(between(to([]), pods({ app: 'web' }))).toEqual({
      widened: true,
      lines: [`+ ${A}: may connect to Deployment agents/web: TCP 80`],
    });
    expect(between(to([]), pods({ app: 'web', by: 'hand' }))).toEqual({
      widened: true,
      lines: [`+ ${A}: may connect to pods app=web, by=hand in namespace agents: TCP 80`],
    });
  });
});

describe('a policy about pods that are not among the manifests', () => {
  const everybody = [{}];
  const front = { podSelector: {}, namespaceSelector: inNamespace('front') };
  const database = { podSelector: { matchLabels: { role: 'db' } }, policyTypes: ['Ingress'] };

  it('opens them by being gone', () => {
    const { widened, lines } = changed([closed('agents'), closed('payments')], [closed('agents')]);
    expect(widened).toBe(true);
    const all = 'payments: all other pods in namespace payments: may';
    expect(lines).toEqual([
      `+ ${all} be called by 0.0.0.0/0: all ports`,
      `+ ${all} be called by ::/0: all ports`,
      `+ ${all} be called by every pod of the cluster: all ports`,
      `+ ${all} connect to 0.0.0.0/0: all ports`,
      `+ ${all} connect to ::/0: all ports`,
      `+ ${all} connect to every pod of the cluster: all ports`,
      `+ ${all} ask DNS for any name`,
    ]);
    expect(changed([], [closed('payments')]).widened).toBe(false);
  });

  it('opens them by what it lets in', () => {
    const before = networkPolicy('payments', { ...database, ingress: [] });
    const after = networkPolicy('payments', { ...database, ingress: [{ from: [front] }] });
    const line = 'payments: other pods role=db in namespace payments: may be called by all pods in namespace front';
    expect(changed([before], [after])).toEqual({ widened: true, lines: [`+ ${line}: all ports`] });
    expect(changed([after], [before])).toEqual({
      widened: false,
      lines: [`- ${line.replace('may', 'may no longer')}: all ports`],
    });
  });

  it('opens them by what it lets in, if others may have closed them', () => {
    const open = networkPolicy('payments', { ...database, ingress: everybody });
    const whom = 'other pods role=db in namespace payments, where another policy closes them';
    const { widened, lines } = changed([], [open]);
    expect(widened).toBe(true);
    expect(lines).toContain(`+ payments: ${whom}: may be called by every pod of the cluster: all ports`);
    expect(changed([open], []).widened).toBe(false);
  });

  it('closes them, where the manifests have no other policy about them, whatever it lets in', () => {
    const { widened, lines } = changed([], [networkPolicy('payments', { ...database, ingress: [{ from: [front] }] })]);
    expect(widened).toBe(false);
    expect(lines).toContain(
      '- payments: other pods role=db in namespace payments: may no longer be called by every pod of the cluster: all ports',
    );
  });

  it('is of no interest by its name, its order or its place in a list', () => {
    const [one, two] = [networkPolicy('payments', { ...database, ingress: [{ from: [front] }] }), closed('payments')];
    const renamed = { ...one, metadata: { name: 'other', namespace: 'payments' } };
    expect(changed([one, two], [two, renamed])).toEqual({ widened: false, lines: [] });
  });

  it('is told of at a workload alone, where its pods show the same', () => {
    const { lines } = changed([closed('agents')], []);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.startsWith(`+ ${A}: `))).toEqual([]);
  });

  it('is told of where workloads are closed otherwise', () => {
    const own = networkPolicy('agents', { ...database, podSelector: { matchLabels: { app: 'a' } } }, 'own');
    const { widened, lines } = changed([own, closed('agents')], [own]);
    expect(widened).toBe(true);
    expect(lines).toContain(
      '+ agents: all other pods in namespace agents: may be called by every pod of the cluster: all ports',
    );
  });

  it('of administrators is told of by the labels of their namespaces', () => {
    const subject = { namespaces: { matchLabels: { team: 'a' } } };
    const deny = clusterPolicy({ subject, egress: [{ action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] }] });
    const { widened, lines } = changed([deny], []);
    expect(widened).toBe(true);
    expect(lines).toEqual(['+ cluster: all other pods in namespaces team=a: may connect to 10.0.0.0/8: all ports']);
  });
});
