import type { AgentDocumentInput, GatewayDocumentInput, ToolsetDocumentInput } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';

/** The port at which everything serves. */
export const PORT = 8080;

/** A workload by its name; its namespace, too. */
export interface Place {
  readonly name: string;
  readonly namespace: string;
}

export const nameOf = ({ namespace, name }: Place) => `${namespace}/${name}`;
export const audienceOf = (place: Place) => `agentyard:${nameOf(place)}`;
export const subjectOf = ({ namespace, name }: Place) => `system:serviceaccount:${namespace}:${name}`;
export const hostOf = ({ namespace, name }: Place) => `${name}.${namespace}.svc`;
export const tokenFor = (place: Place) => ({ audience: audienceOf(place), file: `/tokens/${place.name}` });

const SHUTDOWN = { graceMs: 1000 };
const HASH = '0'.repeat(64);

export function gatewayOf(place: Place, rest: Partial<GatewayDocumentInput> = {}): GatewayDocumentInput {
  return {
    kind: 'Gateway',
    version: 1,
    ...place,
    listen: { port: PORT },
    auth: { mode: 'credentials', apiKeys: { directory: '/keys' } },
    identity: { issuer: audienceOf(place), subject: subjectOf(place), signingKeysDirectory: '/signing' },
    agents: [],
    routes: [],
    toolsets: [],
    shutdown: SHUTDOWN,
    ...rest,
  };
}

export function agentOf(
  place: Place,
  { callers, ...rest }: Partial<AgentDocumentInput> & Pick<AgentDocumentInput['identity'], 'callers'>,
): AgentDocumentInput {
  return {
    kind: 'Agent',
    version: 1,
    ...place,
    listen: { port: PORT },
    identity: { audience: audienceOf(place), subject: subjectOf(place), trustBundleDirectory: '/trust', callers },
    allowedRoles: '*',
    prompt: 'You help.',
    model: { provider: 'scripted', rules: [{ steps: [{ say: 'yes' }] }] },
    limits: {},
    toolsets: [],
    shutdown: SHUTDOWN,
    ...rest,
  };
}

type Tool = Pick<ToolsetDocumentInput['tools'][number], 'name' | 'allowedRoles'>;

export function toolsetOf(
  place: Place,
  { callers, tools }: { tools: readonly Tool[] } & Pick<ToolsetDocumentInput['identity'], 'callers'>,
): ToolsetDocumentInput {
  return {
    kind: 'Toolset',
    version: 1,
    ...place,
    listen: { port: PORT },
    identity: { audience: audienceOf(place), trustBundleDirectory: '/trust', callers },
    toolsDirectory: '/tools',
    scratchDirectory: '/tmp',
    tools: tools.map((tool) => ({
      ...tool,
      description: 'Does something.',
      inputSchema: { type: 'object' },
      module: `${tool.name}.mjs`,
      sha256: HASH,
    })),
    limits: {},
    shutdown: SHUTDOWN,
  };
}

export type AnyDocument = GatewayDocumentInput | AgentDocumentInput | ToolsetDocumentInput;

const RUNTIMES = { Gateway: 'gateway', Agent: 'agent', Toolset: 'sandbox' } as const;

/** A Deployment with a document, the ConfigMap that holds it, and a Service. */
export function runtimeObjects(document: AnyDocument, serviceAccount?: string): KubernetesObject[] {
  const { name, namespace, kind } = document;
  const metadata = { name, namespace };
  const runtime = RUNTIMES[kind];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-config`, namespace },
      data: { [`${kind.toLowerCase()}.json`]: JSON.stringify(document) },
    },
    deploymentOf({ name, namespace }, { labels: { 'agentyard.dev/runtime': runtime }, serviceAccount, config: true }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: name }, ports: [{ port: PORT, targetPort: PORT }] },
    },
  ];
}

/** A Deployment whose pods have the label `app: <name>`; with `config`, they mount the ConfigMap `<name>-config`. */
export function deploymentOf(
  { name, namespace }: Place,
  options: { labels?: Record<string, string>; serviceAccount?: string | undefined; config?: boolean } = {},
): KubernetesObject {
  const volumes = options.config === true ? [{ name: 'config', configMap: { name: `${name}-config` } }] : [];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...options.labels } },
        spec: { serviceAccountName: options.serviceAccount ?? name, containers: [{ name }], volumes },
      },
    },
  };
}

/** A policy that closes the pods of a workload but for these connections. */
export function policyOf(place: Place, from: readonly Place[], to: readonly Place[]): KubernetesObject {
  const peer = ({ name, namespace }: Place) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels: { app: name } },
  });
  const ports = [{ port: PORT, protocol: 'TCP' }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...place },
    spec: {
      podSelector: { matchLabels: { app: place.name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: from.map((one) => ({ from: [peer(one)], ports })),
      egress: to.map((one) => ({ to: [peer(one)], ports })),
    },
  };
}
