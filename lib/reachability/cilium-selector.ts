import { LabelSelector } from './label-selector';
import { Labels } from './labels';
import type { ManifestReader } from './manifest-reader';
import type { Match } from './match';
import { NAMESPACE_NAME, type Namespaces } from './namespaces';
import { beyondWorkloads } from './pod-identity';
import type { PodLookup, PodSelection } from './pod-selector';
import type { Pods } from './pods';

/** Labels that Cilium gives its endpoints beside those of the pods. */
const NAMESPACE = 'io.kubernetes.pod.namespace';
const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';
const SERVICE_ACCOUNT = 'io.cilium.k8s.policy.serviceaccount';
const OF_CILIUM = 'io.cilium.k8s.';

/** Endpoints of Cilium, by one selector over all of their labels, those of the namespace included. */
export class CiliumSelector implements PodSelection {
  /** The pods that a policy is about: they are of its namespace whatever the selector says. */
  public static subject(reader: ManifestReader, namespace: string): CiliumSelector {
    return new CiliumSelector(read(reader).and(NAMESPACE, namespace));
  }

  /** The pods that a rule means: of the policy's namespace, unless the selector says otherwise. */
  public static peer(reader: ManifestReader, namespace: string): CiliumSelector {
    const selector = read(reader);
    const saysWhere = selector.keys.some((key) => key === NAMESPACE || key.startsWith(NAMESPACE_LABELS));
    return new CiliumSelector(saysWhere ? selector : selector.and(NAMESPACE, namespace));
  }

  private constructor(private readonly selector: LabelSelector) {}

  public get namespaceNames(): readonly string[] {
    return [NAMESPACE, NAMESPACE_LABELS + NAMESPACE_NAME].flatMap((key) => this.selector.valuesOf(key));
  }

  public match(pods: Pods): Match {
    // A pod in the network of its node is no endpoint: Cilium takes it for the node.
    return pods.hostNetwork ? 'no' : this.selector.match(labelsFor(pods));
  }

  public lookup(): PodLookup {
    return { namespace: this.namespace, pairs: this.podPairs };
  }

  public beyond(workloads: readonly Pods[]): CiliumSelector | undefined {
    const rest = beyondWorkloads(this.selector, this.namespace, workloads);
    return rest === undefined ? undefined : new CiliumSelector(rest);
  }

  public selected(namespaces: Namespaces): Pods {
    const { namespace } = this;
    return {
      namespace,
      namespaceLabels: namespace === undefined ? Labels.some({}) : namespaces.labelsOf(namespace),
      labels: Labels.some(Object.fromEntries(this.podPairs)),
      hostNetwork: false,
    };
  }

  public toString(): string {
    const { namespace } = this;
    const rest = namespace === undefined ? this.selector : this.selector.without(NAMESPACE);
    const endpoints = rest.isEmpty ? 'all endpoints' : `endpoints ${rest.toString()}`;
    return namespace === undefined ? endpoints : `${endpoints} in namespace ${namespace}`;
  }

  private get namespace(): string | undefined {
    return this.selector.pairs.find(([key]) => key === NAMESPACE)?.[1];
  }

  private get podPairs(): [string, string][] {
    return this.selector.pairs.filter(([key]) => key !== NAMESPACE && !key.startsWith(OF_CILIUM));
  }
}

/** A key may say which source its label has; pods have those of Kubernetes alone. */
function read(reader: ManifestReader): LabelSelector {
  return LabelSelector.read(reader, (key) => {
    const [, source, plain] = /^([^:]*):(.*)$/.exec(key) ?? [undefined, 'any', key];
    if (source === 'any' || source === 'k8s') return plain ?? key;
    throw reader.fault('', `selects by "${key}", a label that is not of Kubernetes`);
  });
}

const known = new WeakMap<Pods, Labels>();

/** The labels of pods as Cilium's selectors see them. */
function labelsFor(pods: Pods): Labels {
  const labels = known.get(pods) ?? withLabelsOfCilium(pods);
  known.set(pods, labels);
  return labels;
}

function withLabelsOfCilium({ namespace, namespaceLabels, serviceAccount, labels }: Pods): Labels {
  const further = [...namespaceLabels.known].map(([key, value]): [string, string] => [NAMESPACE_LABELS + key, value]);
  if (namespace !== undefined) further.push([NAMESPACE, namespace]);
  if (serviceAccount !== undefined) further.push([SERVICE_ACCOUNT, serviceAccount]);
  return labels.with(further, (key) => {
    if (key.startsWith(NAMESPACE_LABELS)) return namespaceLabels.knows(key.slice(NAMESPACE_LABELS.length));
    return key === NAMESPACE || key.startsWith(OF_CILIUM) ? false : undefined;
  });
}
