import type { KubernetesObject, Workload } from 'agentyard/reachability';
import type { Owner } from './fact.js';
import { templatePath } from './facts/pod-spec.js';

/** How reports call objects: by namespace and name, and by kind where workloads of two kinds have the same. */
export class Places {
  private readonly kinds = new Map<string, Set<string>>();

  /** @param objects those of both sides */
  public constructor(objects: readonly KubernetesObject[]) {
    for (const object of objects.filter((one) => templatePath(one) !== undefined)) {
      const name = nameIn(object);
      this.kinds.set(name, (this.kinds.get(name) ?? new Set()).add(object.kind ?? ''));
    }
  }

  public ofWorkload({ namespace, name, kind, labels }: Workload): Owner {
    return { kind, place: this.text(`${namespace}/${lastingName(kind, name, labels)}`, kind) };
  }

  public of(object: KubernetesObject): Owner {
    const { kind = '' } = object;
    const name = nameIn(object);
    return { kind, place: templatePath(object) === undefined ? name : this.text(name, kind) };
  }

  private text(name: string, kind: string): string {
    return (this.kinds.get(name)?.size ?? 0) > 1 ? `${name} (${kind})` : name;
  }
}

function nameIn({ kind = '', metadata }: KubernetesObject): string {
  const labels = (metadata?.labels ?? {}) as Readonly<Record<string, string>>;
  const name = lastingName(kind, String(metadata?.name), labels);
  return metadata?.namespace === undefined ? name : `${metadata.namespace as string}/${name}`;
}

/** Jobs of ours have a hash in their name, so that a changed one is another Job; it is the same all the same. */
function lastingName(kind: string, name: string, labels: Readonly<Record<string, string>>): string {
  const lasting = labels['app.kubernetes.io/name'];
  const isOurs = kind === 'Job' && labels['agentyard.dev/runtime'] === 'identity';
  return isOurs && lasting !== undefined && name.startsWith(`${lasting}-`) ? lasting : name;
}
