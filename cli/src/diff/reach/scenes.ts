import { Platform, type KubernetesObject, type PlatformOptions } from 'agentyard/reachability';
import type { PodClass } from './pod-class.js';
import type { Policies } from './policies.js';

type Labels = Readonly<Record<string, string>>;

/** The same circumstances before and after a change. */
export interface Scene {
  readonly before: Platform;
  readonly after: Platform;
}

/** Namespaces that no policy names: one without labels, and one that has those of the scene. */
const UNLABELLED = 'a-namespace-of-nobody';
const LABELLED = 'a-labelled-namespace-of-nobody';

/** Where pods are assumed to be: a private block of nobody, so that what is open by blocks is told of these alone. */
const POD_CIDRS = ['fd00:a9e:27a2:d::/64'];

/** A label of pods that policies which are not among the manifests close but for what others allow. */
const CLOSED = { 'agentyard.dev/closed-by-others': 'true' };

/** Both sides under assumptions about what manifests do not tell. */
export class Scenes {
  /** With nothing assumed. */
  public readonly asTold: Scene;
  private readonly found = new Map<string, Scene>();
  /** Namespaces that are named somewhere, and whose labels nobody tells. */
  private readonly unknown: readonly string[];
  private readonly known: ReadonlySet<string>;
  private readonly inert: readonly KubernetesObject[];

  /** @param hosts addresses of names that are not the cluster's */
  public constructor(
    private readonly sides: readonly [before: readonly KubernetesObject[], after: readonly KubernetesObject[]],
    public readonly policies: Policies,
    private readonly hosts: Readonly<Record<string, readonly string[]>>,
  ) {
    const objects = sides.flat();
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
    this.known = new Set(namespaces.map(({ metadata }) => String(metadata?.name)));
    const named = [...policies.namespaces, ...objects.map(({ metadata }) => metadata?.namespace as string | undefined)];
    this.unknown = [...new Set(named.flatMap((name) => (name === undefined || this.known.has(name) ? [] : [name])))];
    this.inert = inertPolicies(policies);
    this.asTold = this.scene([], {});
  }

  /** Where pods of classes can be looked at together; nowhere if that is not possible, or if their labels cannot be. */
  public where(...classes: readonly PodClass[]): Scene | undefined {
    const assumed = [...new Map(classes.map((one) => [JSON.stringify(one.namespaceLabels), one.namespaceLabels]))]
      .map(([, labels]) => labels)
      .filter((labels) => Object.keys(labels).length > 0);
    const isTold = ({ namespace, namespaceLabels }: PodClass) =>
      namespace !== undefined && this.known.has(namespace) && Object.keys(namespaceLabels).length > 0;
    if (assumed.length > 1 || classes.some(isTold)) return undefined;
    const labels = assumed[0] ?? {};
    const key = JSON.stringify(labels);
    const scene = this.found.get(key) ?? this.scene(this.assumptions(labels), { clusterCidrs: POD_CIDRS });
    this.found.set(key, scene);
    return scene;
  }

  private scene(assumed: readonly KubernetesObject[], options: PlatformOptions): Scene {
    const { hosts, inert } = this;
    const [before, after] = this.sides.map((objects) =>
      Platform.fromObjects([...objects, ...inert, ...assumed], { ...options, hosts }),
    ) as [Platform, Platform];
    return { before, after };
  }

  private assumptions(labels: Labels): KubernetesObject[] {
    const labelled = [...this.unknown, LABELLED];
    return [
      ...labelled.map((name) => namespace(name, labels)),
      namespace(UNLABELLED, {}),
      ...[...labelled, UNLABELLED, ...this.known].map(closing),
    ];
  }
}

/** A class as an end of connections. */
export function endpointOf(pods: PodClass, isClosed = false) {
  const elsewhere = Object.keys(pods.namespaceLabels).length === 0 ? UNLABELLED : LABELLED;
  return pods.endpoint(elsewhere, isClosed ? CLOSED : {});
}

function namespace(name: string, labels: Labels): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function closing(name: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'agentyard-closed-by-others', namespace: name },
    spec: { podSelector: { matchLabels: CLOSED }, policyTypes: ['Ingress', 'Egress'] },
  };
}

/** Policies that permit nothing. They name entities, so that reachability tells of these in whatever way they are open. */
function inertPolicies(policies: Policies): KubernetesObject[] {
  const rules = policies.all.flatMap(({ ingress, egress }) => [ingress, egress]);
  const named = [...new Set(rules.flatMap(({ entities }) => entities))];
  const entities = named.filter((entity) => entity !== 'nodes');
  const icmps = [{ fields: [{ type: 8 }] }];
  const ofCilium = policies.namespaces.map((name) => ({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'agentyard-inert', namespace: name },
    spec: {
      endpointSelector: {},
      enableDefaultDeny: { ingress: false, egress: false },
      ingress: [{ fromEntities: entities, icmps }],
      egress: [{ toEntities: entities, icmps }],
    },
  }));
  return [...(entities.length > 0 ? ofCilium : []), ...(named.includes('nodes') ? [toNodesNever] : [])];
}

const toNodesNever: KubernetesObject = {
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name: 'agentyard-inert' },
  spec: {
    tier: 'Baseline',
    priority: 1000,
    subject: { namespaces: {} },
    egress: [{ action: 'Accept', to: [{ nodes: {} }], protocols: [{ destinationNamedPort: 'of-nobody' }] }],
  },
};
