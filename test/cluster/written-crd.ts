import type { KubernetesObject } from './api-server';

/** A kind whose makers do not publish its definition where we can get it. */
export interface WrittenKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Schema of `spec`, as far as we use it: whatever is not in it is refused. */
  readonly spec: object;
}

/** A definition of a kind of objects in namespaces, written by hand. */
export function writtenCrd({ group, version, kind, plural, spec }: WrittenKind): KubernetesObject {
  const openAPIV3Schema = { type: 'object', required: ['spec'], properties: { spec } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular: kind.toLowerCase(), plural },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}
