import type { KubernetesObject } from 'agentyard/reachability';

/** Kind and API group as kubectl spells them: `Deployment.apps`, and `Service` for the core group. */
export function groupKindOf({ apiVersion = '', kind }: KubernetesObject): string {
  const [group, version] = apiVersion.split('/');
  return version === undefined ? String(kind) : `${kind}.${group}`;
}
