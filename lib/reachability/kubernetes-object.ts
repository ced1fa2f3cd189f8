/** A Kubernetes object as it stands in a manifest. Loose, since what is not read may have any form. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** The namespace of objects that name none, as for kubectl without a context that names another. */
export const DEFAULT_NAMESPACE = 'default';

/** The API group of an object; empty for the core group. */
export function groupOf({ apiVersion = '' }: KubernetesObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

export function nameOf({ metadata }: KubernetesObject): string {
  return typeof metadata?.name === 'string' ? metadata.name : '';
}

export function namespaceOf({ metadata }: KubernetesObject): string {
  return typeof metadata?.namespace === 'string' && metadata.namespace !== '' ? metadata.namespace : DEFAULT_NAMESPACE;
}

/** How answers call an object: `NetworkPolicy agents/support`. */
export function titleOf(object: KubernetesObject): string {
  const namespaced = typeof object.metadata?.namespace === 'string';
  return `${object.kind ?? 'object'} ${namespaced ? `${namespaceOf(object)}/` : ''}${nameOf(object) || '(unnamed)'}`;
}

/** The objects themselves, those within lists included. */
export function* flattened(objects: Iterable<KubernetesObject>): Generator<KubernetesObject> {
  for (const object of objects) {
    if (object.kind?.endsWith('List') && Array.isArray(object.items)) {
      yield* flattened(object.items as KubernetesObject[]);
    } else {
      yield object;
    }
  }
}
