import {
  ApiObject,
  ApiObjectMetadataDefinition,
  App,
  ImplicitTokenResolver,
  type JsonPatch,
  LazyResolver,
  NumberStringUnionResolver,
} from 'cdk8s';
import type { Mapping } from './yaml-form';

/** What an API object is rendered from. */
export interface ObjectParts {
  /** What was given to its constructor. */
  readonly props: Mapping;
  readonly metadata: Mapping;
}

/** Fields that cdk8s has and does not publish. */
interface ObjectFields {
  readonly props: Mapping;
  readonly patches: readonly JsonPatch[];
}

/** The same, of metadata. */
interface MetadataFields {
  readonly _additionalAttributes: Mapping;
  readonly annotations: unknown;
  readonly finalizers: unknown;
  readonly ownerReferences: unknown;
  readonly labels: unknown;
}

const BUILT_IN = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];

/** Whether an object renders itself as cdk8s has it: no method overridden, no resolver of the program's own, no patch. */
export function isUsual(object: ApiObject): boolean {
  return (
    object.toJson === ApiObject.prototype.toJson &&
    object.metadata.toJson === ApiObjectMetadataDefinition.prototype.toJson &&
    (object as unknown as ObjectFields).patches.length === 0 &&
    hasBuiltInResolvers(App.of(object))
  );
}

export function partsOf(object: ApiObject): ObjectParts {
  const { metadata } = object;
  const fields = metadata as unknown as MetadataFields;
  const { annotations, finalizers, ownerReferences, labels } = fields;
  const { name, namespace } = metadata;
  return {
    props: (object as unknown as ObjectFields).props,
    metadata: {
      ...fields._additionalAttributes,
      name,
      namespace,
      annotations,
      finalizers,
      ownerReferences,
      labels,
    },
  };
}

function hasBuiltInResolvers({ resolvers }: App): boolean {
  if (resolvers.length !== BUILT_IN.length) return false;
  return resolvers.every((resolver, index) => resolver.constructor === BUILT_IN[index]);
}
