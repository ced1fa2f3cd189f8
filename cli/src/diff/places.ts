import type { KubernetesObject, Workload } from 'agentyard/reachability';
import type { Owner } from './fact.js';
import { templatePath } from './facts/pod-spec.js';

/** How reports call objects: by namespace and name, and by kind where workloads of two kinds have the same. */
export class Places {
  private readonly kinds = new Map<string, Set<string>>();

  /** @param objects those of both sides */
  public constructor(objects: readonly KubernetesObject[]) {
    for (const { kind = '', ...object } of objects.filter((one) => templatePath(one) !== undefined)) {
      const name = nameIn(object);
      this.kinds.set(name, (this.kinds.get(name) ?? new Set()).add(kind));
    }
  }

  public ofWorkload({ namespace, name, kind }: Workload): Owner {
    return { kind, place: this.text(`${namespace}/${name}`, kind) };
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

function nameIn({ metadata }: KubernetesObject): string {
  const name = String(metadata?.name);
  return metadata?.namespace === undefined ? name : `${metadata.namespace as string}/${name}`;
}
