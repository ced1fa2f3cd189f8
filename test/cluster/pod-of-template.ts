import type { KubernetesObject } from './api-server';

/** The Pod that a controller would make of the workload's pod template; undefined for what has none. */
export function podOf(workload: KubernetesObject): KubernetesObject | undefined {
  const template = templateOf(workload);
  if (!template) return undefined;
  const { name, namespace } = workload.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: `${name}-pod-of-template`, namespace },
    spec: { ...template.spec, ...volumesOf(workload, template.spec) },
  };
}

type Template = Pick<KubernetesObject, 'metadata' | 'spec'>;

function templateOf({ kind, metadata, spec }: KubernetesObject): Template | undefined {
  switch (kind) {
    case 'Pod':
      return { metadata, spec };
    case 'CronJob':
      return spec.jobTemplate.spec.template as Template;
    case 'DaemonSet':
    case 'Deployment':
    case 'Job':
    case 'ReplicaSet':
    case 'StatefulSet':
      return spec.template as Template;
    default:
      return undefined;
  }
}

/** A StatefulSet's pods also have a volume for each of its claims. */
function volumesOf(workload: KubernetesObject, { volumes = [] }: { volumes?: unknown[] }): { volumes?: unknown[] } {
  const claims = (workload.spec.volumeClaimTemplates ?? []) as KubernetesObject[];
  const own = claims.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${workload.metadata.name}-0` },
  }));
  return own.length + volumes.length === 0 ? {} : { volumes: [...volumes, ...own] };
}
