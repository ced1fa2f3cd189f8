import { isDeepStrictEqual } from 'node:util';
import { nameOf, namespaceOf, titleOf, type KubernetesObject } from './kubernetes-object';
import { isPolicy } from './policies/policy-kinds';
import { makesPods } from './workload';

/** Objects that are read, beside policies and what makes pods. */
const READ: readonly (string | undefined)[] = ['Namespace', 'Service', 'ConfigMap'];

/** Faults of objects that stand among the manifests twice, and not alike: which of them holds is not told. */
export function contradictions(objects: readonly KubernetesObject[]): string[] {
  const seen = new Map<string, KubernetesObject>();
  return objects.flatMap((object) => {
    const isRead = isPolicy(object) || makesPods(object) || (object.apiVersion === 'v1' && READ.includes(object.kind));
    if (!isRead || nameOf(object) === '') return [];
    const key = `${object.apiVersion} ${object.kind} ${namespaceOf(object)}/${nameOf(object)}`;
    const other = seen.get(key);
    seen.set(key, object);
    if (other === undefined || isDeepStrictEqual(plain(other), plain(object))) return [];
    return [`${titleOf(object)} stands among the manifests twice, and not alike`];
  });
}

/** Where an object was made does not count, only what it says. */
function plain(object: KubernetesObject): unknown {
  return JSON.parse(JSON.stringify(object));
}
