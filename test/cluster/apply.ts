import type { ApiServer, KubernetesObject } from './api-server';

export interface Applied {
  /** The object as the cluster has it now. */
  readonly object: KubernetesObject;
  /** Whether it was not there before. */
  readonly created: boolean;
  readonly warnings: readonly string[];
}

export interface ApplyOptions {
  /** Who owns the fields from now on. @default 'agentyard-test' */
  readonly fieldManager?: string;
}

/** Applies server-side: unknown and doubled fields are refused, and so are fields that somebody else owns. */
export async function apply(
  api: ApiServer,
  object: KubernetesObject,
  { fieldManager = 'agentyard-test' }: ApplyOptions = {},
): Promise<Applied> {
  const answer = await api.request({
    method: 'PATCH',
    path: await api.pathOf(object),
    query: { fieldManager, force: 'false', fieldValidation: 'Strict' },
    // JSON is YAML.
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
  return { object: answer.body as KubernetesObject, created: answer.status === 201, warnings: answer.warnings };
}
