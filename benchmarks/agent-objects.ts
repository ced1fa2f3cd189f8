import type { ApiObjectProps } from 'cdk8s';

/** What an API object is made from, with the id of its construct. */
export interface NamedObject {
  readonly id: string;
  readonly props: ApiObjectProps;
}

/** The Kubernetes objects of one agent, of the kinds and sizes that the Agent construct makes, by hand. */
export function agentObjects(name: string): NamedObject[] {
  const labels = { 'app.kubernetes.io/name': name, 'agentyard.dev/runtime': 'agent' };
  const metadata = { name, labels };
  return [
    { id: 'config', props: configMap(name, labels) },
    { id: 'service-account', props: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    { id: 'deployment', props: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, ...deployment(name, labels) } },
    { id: 'service', props: service(name, labels, {}) },
    {
      id: 'pods-service',
      props: service(`${name}-pods`, labels, { clusterIP: 'None', publishNotReadyAddresses: false }),
    },
    { id: 'network-policy', props: networkPolicy(name, labels) },
  ];
}

type Labels = Readonly<Record<string, string>>;

function configMap(name: string, labels: Labels): ApiObjectProps & Record<string, unknown> {
  const document = {
    kind: 'Agent',
    version: 1,
    name,
    namespace: 'agents',
    listen: { port: 8080 },
    prompt: `You are ${name} and help operators to read their logs. Mask personal data before you quote a line.`,
    model: { provider: 'anthropic', modelId: 'claude-sonnet-4-5', maxOutputTokens: 4096 },
    toolsets: [
      { name: 'logs', url: 'http://logs.tools.svc:8080/mcp', tools: [{ name: 'log_store', as: 'log_store' }] },
    ],
    limits: { maxTurns: 8, timeoutMs: 120_000 },
    shutdown: { graceMs: 120_000 },
  };
  const data = { 'agent.json': `${JSON.stringify(document, null, 2)}\n` };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-config`, labels }, data };
}

function deployment(name: string, labels: Labels): Record<string, unknown> {
  const container = {
    name: 'agent',
    image: 'agentyard/agent-runtime:0.1.0',
    env: [{ name: 'AGENTYARD_DOCUMENT', value: '/etc/agentyard/agent.json' }],
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    startupProbe: { httpGet: { path: '/healthz', port: 'http' }, failureThreshold: 30, periodSeconds: 2 },
    livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10, timeoutSeconds: 3 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 5, timeoutSeconds: 3 },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/agentyard', readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
  const spec = {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 130,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      fsGroup: 65534,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container],
    volumes: [
      { name: 'config', configMap: { name: `${name}-config` } },
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    ],
  };
  const annotations = { 'agentyard.dev/config-hash': '5f3c1a9d7be24c08' };
  return {
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels, annotations }, spec } },
  };
}

function service(
  name: string,
  labels: Labels,
  rest: Record<string, unknown>,
): ApiObjectProps & Record<string, unknown> {
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP', targetPort: 'http' }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { selector: labels, ports, ...rest } };
}

function networkPolicy(name: string, labels: Labels): ApiObjectProps & Record<string, unknown> {
  const peer = (namespace: string, matchLabels: Labels) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels },
  });
  const port = (number: number, protocol: string) => ({ port: number, protocol });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, labels },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [peer('gateways', { 'agentyard.dev/runtime': 'gateway' })], ports: [port(8080, 'TCP')] }],
      egress: [
        { to: [peer('kube-system', { 'k8s-app': 'kube-dns' })], ports: [port(53, 'TCP'), port(53, 'UDP')] },
        { to: [peer('tools', { 'app.kubernetes.io/name': 'logs' })], ports: [port(8080, 'TCP')] },
      ],
    },
  };
}
