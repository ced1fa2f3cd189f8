import { nameOf, type KubernetesObject } from './kubernetes-object';
import { Labels } from './labels';

/** The label that every namespace has, with its name. */
export const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Labels of namespaces. Of a namespace that is not among the objects, only its name is known. */
export class Namespaces {
  /** Those that are among the objects. */
  public readonly names: readonly string[];
  private readonly byName = new Map<string, Labels>();

  public constructor(objects: Iterable<KubernetesObject>) {
    for (const object of objects) {
      if (object.kind !== 'Namespace' || object.apiVersion !== 'v1') continue;
      const labels = (object.metadata?.labels ?? {}) as Record<string, string>;
      this.byName.set(nameOf(object), Labels.complete({ ...labels, [NAMESPACE_NAME]: nameOf(object) }));
    }
    this.names = [...this.byName.keys()];
  }

  public labelsOf(namespace: string): Labels {
    const known = this.byName.get(namespace) ?? Labels.some({ [NAMESPACE_NAME]: namespace });
    this.byName.set(namespace, known);
    return known;
  }
}
