import type { KubernetesObject } from 'agentyard/reachability';
import { between } from './fixtures/difference';
import { closed, deployment, service } from './fixtures/small-platform';

const A = 'agents/a';
const RBAC = 'rbac.authorization.k8s.io';

function changed(before: readonly KubernetesObject[], after: readonly KubernetesObject[]) {
  return between([closed('agents'), ...before], [closed('agents'), ...after]);
}

/** An object of any kind in the namespace `agents`. */
function object(apiVersion: string, kind: string, fields: object = {}, metadata: object = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'agents', ...metadata }, ...fields };
}

const account = (name: string, annotations: object = {}) => object('v1', 'ServiceAccount', {}, { name, annotations });

describe('what a change of pods permits', () => {
  const limits = (cpu: string) => ({ containers: [{ name: 'main', image: 'x', resources: { limits: { cpu } } }] });
  const gpu = (limit: object) => ({ containers: [{ name: 'main', image: 'x', resources: { limits: limit } }] });
  const privileged = { securityContext: { privileged: true } };
  const projected = (serviceAccountName: string) => ({
    serviceAccountName,
    automountServiceAccountToken: false,
    volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
  });
  const csi = (secretProviderClass: string) => ({
    volumes: [{ name: 'v', csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass } } }],
  });
  const annotated = (key: string, value: string) => ({ annotations: { [key]: value } });
  const path = 'changed, not judged, and may permit more: Deployment/a $.spec.template';

  it.each<[what: string, before: object, after: object, lines: string[]]>([
    [
      'another ServiceAccount, of which it holds a token',
      projected('weak'),
      projected('strong'),
      [`+ ${A}: holds a token of ServiceAccount strong for the API server`],
    ],
    ['a limit of zero, which is none', limits('1'), limits('0'), [`+ ${A}: container main: cpu: no limit, was 1`]],
    [
      'a device, of which there are none without a limit',
      gpu({}),
      gpu({ 'nvidia.com/gpu': 1 }),
      [`+ ${A}: container main: gets nvidia.com/gpu`],
    ],
    ['no runtime class', { runtimeClassName: 'gvisor' }, {}, [`+ ${A}: no longer has the runtime class gvisor`]],
    [
      'an ephemeral container',
      {},
      { ephemeralContainers: [{ name: 'debug', image: 'x', ...privileged }] },
      [`+ ${A}: container debug: is privileged: it may do all that its node may`],
    ],
    [
      'a container that no longer ends before the others begin',
      { initContainers: [{ name: 'i', image: 'x', ...privileged }] },
      {
        containers: [
          { name: 'main', image: 'x' },
          { name: 'i', image: 'x', ...privileged },
        ],
      },
      [`+ ${A}: container i: runs`],
    ],
    [
      'a sidecar that is kept out (label)',
      { labels: { 'sidecar.istio.io/inject': 'true' } },
      { labels: { 'sidecar.istio.io/inject': 'false' } },
      [`+ ${A}: is kept out of the mesh (sidecar.istio.io/inject)`],
    ],
    [
      'a sidecar that is no longer asked for (annotation)',
      annotated('linkerd.io/inject', 'enabled'),
      {},
      [`+ ${A}: no longer has what makes it a part of the mesh (linkerd.io/inject)`],
    ],
    [
      'another mesh',
      { labels: { 'istio.io/rev': 'stable' } },
      { labels: { 'istio.io/rev': 'canary', 'istio.io/dataplane-mode': 'none' } },
      [`+ ${A}: is kept out of the mesh (istio.io/dataplane-mode)`, `~ ${A}: istio.io/rev: from stable to canary`],
    ],
    [
      'traffic past the sidecar',
      {},
      annotated('traffic.sidecar.istio.io/excludeOutboundPorts', '443'),
      [`+ ${A}: ${path}.metadata.annotations.traffic.sidecar.istio.io/excludeOutboundPorts`],
    ],
    [
      'another network',
      {},
      annotated('k8s.v1.cni.cncf.io/networks', 'flat'),
      [`+ ${A}: ${path}.metadata.annotations.k8s.v1.cni.cncf.io/networks`],
    ],
    [
      'another SELinux type',
      {},
      { securityContext: { seLinuxOptions: { type: 'spc_t' } } },
      [`+ ${A}: ${path}.spec.securityContext.seLinuxOptions.type`],
    ],
    [
      'other Secrets of a store',
      csi('low'),
      csi('high'),
      [`+ ${A}: details of a volume of the driver secrets-store.csi.k8s.io: changed`],
    ],
    [
      'the root group',
      { securityContext: { supplementalGroups: [1] } },
      { securityContext: { supplementalGroups: [0] } },
      [`+ ${A}: is in the root group (supplementalGroups 0)`],
    ],
  ])('%s', (_, before, after, lines) => {
    const accounts = [account('default'), account('weak'), account('strong')];
    const { widened, lines: told } = changed(
      [...accounts, deployment('a', before)],
      [...accounts, deployment('a', after)],
    );
    expect(told).toEqual(expect.arrayContaining(lines));
    expect(widened).toBe(true);
  });

  it('is that of a kind alone, if two have one name', () => {
    const pods = (spec: object) => [
      deployment('a', { containers: [{ name: 'main', image: 'x', ...privileged }] }),
      spec,
    ];
    const daemon = (spec: object) => ({ ...deployment('a', spec), kind: 'DaemonSet' });
    const after = daemon({ containers: [{ name: 'main', image: 'x', ...privileged }] });
    expect(changed(pods(daemon({})) as KubernetesObject[], pods(after) as KubernetesObject[])).toEqual({
      widened: true,
      lines: [`+ ${A} (DaemonSet): container main: is privileged: it may do all that its node may`],
    });
  });

  it('is the identity of the ServiceAccount that it changes to', () => {
    const accounts = [
      account('weak'),
      account('strong', { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/admin' }),
    ];
    const pods = (serviceAccountName: string) =>
      deployment('a', { serviceAccountName, automountServiceAccountToken: false });
    const { widened, lines } = changed([...accounts, pods('weak')], [...accounts, pods('strong')]);
    expect(widened).toBe(true);
    expect(lines).toContain(`+ ${A}: acts as arn:aws:iam::1:role/admin (eks.amazonaws.com/role-arn)`);
    const unknown = changed([...accounts, pods('weak')], [...accounts, pods('foreign')]);
    expect(unknown.widened).toBe(true);
    expect(unknown.lines).toContain(`+ ${A}: runs as ServiceAccount foreign, which is not among the manifests`);
  });

  it('is told of a ServiceAccount that no workload has at the account', () => {
    const mounting = (is: boolean) => ({ ...account('lone'), automountServiceAccountToken: is });
    expect(changed([mounting(false)], [mounting(true)])).toEqual({
      widened: true,
      lines: ['+ agents/lone: gives its pods a token'],
    });
  });

  it('is nothing where a volume has files of another image, which is told as that of a container', () => {
    const pods = (reference: string) => deployment('a', { volumes: [{ name: 'tools', image: { reference } }] });
    expect(changed([pods('tools:1')], [pods('tools:2')])).toEqual({
      widened: false,
      lines: [`~ ${A}: image of volume tools: from tools:1 to tools:2`],
    });
  });

  it('is not known of labels, which others may select by', () => {
    expect(changed([deployment('a')], [deployment('a', { labels: { role: 'prometheus' } })])).toEqual({
      widened: false,
      lines: [`~ ${A}: changed, not judged: Deployment/a $.spec.template.metadata.labels.role`],
    });
  });
});

describe('a way in from outside', () => {
  it.each<[kind: string, apiVersion: string]>([
    ['Ingress', 'networking.k8s.io/v1'],
    ['Route', 'route.openshift.io/v1'],
    ['HTTPRoute', 'gateway.networking.k8s.io/v1'],
    ['Gateway', 'gateway.networking.k8s.io/v1'],
    ['EndpointSlice', 'discovery.k8s.io/v1'],
  ])('may be a %s that is new or another', (kind, apiVersion) => {
    const [was, is] = ['a', 'b'].map((host) => object(apiVersion, kind, { spec: { host } })) as [
      KubernetesObject,
      KubernetesObject,
    ];
    expect(changed([], [was])).toEqual({
      widened: true,
      lines: [`+ agents: added, not judged, and may permit more: ${kind}/x`],
    });
    expect(changed([was], [is])).toEqual({
      widened: true,
      lines: [`+ agents/x: changed, not judged, and may permit more: ${kind}/x $.spec.host`],
    });
    expect(changed([was], []).widened).toBe(false);
  });

  const leads = '+ agents/s: leads from outside to pods app=a, TCP 8080';
  const ranges = (...loadBalancerSourceRanges: string[]) => ({ type: 'LoadBalancer', loadBalancerSourceRanges });
  const internal = { 'service.beta.kubernetes.io/aws-load-balancer-internal': 'true' };

  it.each<[what: string, before: KubernetesObject, after: KubernetesObject, lines: string[]]>([
    [
      'by a port of the nodes',
      service({}),
      service({ type: 'NodePort' }),
      ['+ agents/s: is offered outside of the cluster by Service s (NodePort)', leads],
    ],
    [
      'by a load balancer, no longer by the nodes alone',
      service({ type: 'NodePort' }),
      service({ type: 'LoadBalancer' }),
      [
        '+ agents/s: is offered outside of the cluster by Service s (LoadBalancer)',
        '+ agents/s: is open through Service s to 0.0.0.0/0, ::/0',
      ],
    ],
    [
      'from everywhere',
      service(ranges('10.0.0.0/8')),
      service({ type: 'LoadBalancer' }),
      ['+ agents/s: is open through Service s to 0.0.0.0/0, ::/0'],
    ],
    [
      'from further addresses',
      service(ranges('10.0.0.0/8')),
      service(ranges('10.0.0.0/7', '10.1.0.0/16')),
      ['+ agents/s: is open through Service s to 10.0.0.0/7'],
    ],
    [
      'by a load balancer that was internal',
      service({ type: 'LoadBalancer' }, internal),
      service({ type: 'LoadBalancer' }),
      ['+ agents/s: no longer has an internal load balancer of Service s'],
    ],
    [
      'by a load balancer that something says more of',
      service({ type: 'LoadBalancer' }),
      service({ type: 'LoadBalancer' }, { 'example.com/scheme': 'open' }),
      ['+ agents/s: changed, not judged, and may permit more: Service/s $.metadata.annotations.example.com/scheme'],
    ],
    [
      'to other pods',
      service({ type: 'LoadBalancer' }),
      service({ type: 'LoadBalancer', selector: { app: 'db' } }),
      [
        '+ agents/s: leads from outside to pods app=db, TCP 8080',
        '- agents/s: no longer leads from outside to pods app=a, TCP 8080',
        '~ agents/s: where Service s leads: changed',
      ],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(changed([before], [after])).toEqual({ widened: true, lines });
  });

  it('from fewer addresses is none', () => {
    expect(changed([service(ranges('10.0.0.0/8'))], [service(ranges('10.1.0.0/16'))])).toEqual({
      widened: false,
      lines: ['- agents/s: no longer is open through Service s to 10.0.0.0/8'],
    });
  });
});

describe('what holds others back', () => {
  const guards: [kind: string, apiVersion: string][] = [
    ['ValidatingAdmissionPolicyBinding', 'admissionregistration.k8s.io/v1'],
    ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1'],
    ['PeerAuthentication', 'security.istio.io/v1'],
    ['LimitRange', 'v1'],
    ['K8sRequiredLabels', 'constraints.gatekeeper.sh/v1beta1'],
  ];
  it.each(guards)('is told of, if a %s goes or is another', (kind, apiVersion) => {
    const [was, is] = [1, 2].map((value) => object(apiVersion, kind, { spec: { value } })) as [
      KubernetesObject,
      KubernetesObject,
    ];
    expect(changed([was], []).lines).toEqual([
      expect.stringMatching(`^\\+ (agents|cluster): removed, not judged, and may permit more: ${kind}/x$`),
    ]);
    expect(changed([was], [is]).widened).toBe(true);
    expect(changed([], [is]).widened).toBe(false);
  });

  const namespace = (labels: object) => object('v1', 'Namespace', {}, { name: 'agents', namespace: undefined, labels });
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };

  it('may be a Namespace that is gone, while there are pods in it', () => {
    const { widened, lines } = changed([deployment('a'), namespace(level)], [deployment('a')]);
    expect(widened).toBe(true);
    expect(lines).toContain('+ agents: admits pods that Pod Security restricted refuses');
  });

  it('may be a label of a Namespace', () => {
    const labels = { ...level, 'istio-injection': 'enabled', 'example.com/checked': 'yes' };
    expect(changed([namespace(labels)], [namespace({ ...level, 'istio-injection': 'disabled' })])).toEqual({
      widened: true,
      lines: [
        '+ agents: is kept out of the mesh (istio-injection)',
        '+ agents: no longer has what makes it a part of the mesh (istio-injection)',
        '+ agents: changed, not judged, and may permit more: Namespace/agents $.metadata.labels.example.com/checked',
      ],
    });
  });
});

describe('what else may permit more', () => {
  it('is a role that adds to another', () => {
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
    const role = (labels: object) =>
      object(`${RBAC}/v1`, 'ClusterRole', { rules }, { name: 'r', namespace: undefined, labels });
    expect(changed([role({})], [role({ [`${RBAC}/aggregate-to-view`]: 'true' })])).toEqual({
      widened: true,
      lines: ['+ r: who is bound to ClusterRole view may get secrets in the whole cluster'],
    });
  });

  it('is a role that collects others', () => {
    const binding = object(
      `${RBAC}/v1`,
      'ClusterRoleBinding',
      {
        roleRef: { kind: 'ClusterRole', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'agents' }],
      },
      { namespace: undefined },
    );
    const role = (fields: object) => object(`${RBAC}/v1`, 'ClusterRole', fields, { name: 'r', namespace: undefined });
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { all: 'true' } }] };
    const { widened, lines } = changed([binding, role({ rules: [] })], [binding, role({ aggregationRule })]);
    expect(widened).toBe(true);
    expect(lines).toEqual([
      '+ agents/a: ServiceAccount agents/a may do what is allowed by every ClusterRole that {"matchLabels":{"all":"true"}} selects in the whole cluster',
    ]);
  });

  it('is a Secret with a token', () => {
    const token = object(
      'v1',
      'Secret',
      { type: 'kubernetes.io/service-account-token' },
      {
        annotations: { 'kubernetes.io/service-account.name': 'admin' },
      },
    );
    expect(changed([], [token])).toEqual({
      widened: true,
      lines: ['~ agents: added: Secret/x', '+ agents/x: holds a token of ServiceAccount admin for good'],
    });
  });

  it('are pods of a kind that is not known', () => {
    const rollout = (image: string) =>
      object('argoproj.io/v1alpha1', 'Rollout', {
        spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
      });
    expect(changed([], [rollout('x')]).lines).toEqual(['+ agents: added, not judged, and may permit more: Rollout/x']);
    expect(changed([rollout('x')], [rollout('y')]).widened).toBe(true);
  });

  it('is a limit of Cilium within connections that are allowed', () => {
    const rule = (http: object) => ({
      endpointSelector: {},
      ingress: [{ fromEntities: ['cluster'], toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], ...http }] }],
    });
    const policy = (http: object) => object('cilium.io/v2', 'CiliumNetworkPolicy', { spec: rule(http) });
    const { widened, lines } = changed([policy({ rules: { http: [{ method: 'GET' }] } })], [policy({})]);
    expect(widened).toBe(true);
    expect(lines).toEqual([
      '+ agents/x: changed, not judged, and may permit more: CiliumNetworkPolicy/x $.spec.ingress[0].toPorts[0].rules.http[0].method',
    ]);
  });
});
