import { z } from 'zod';
import { KubectlError } from '../kubectl/kubectl-error.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import type { Check } from './check.js';
import { DoctorError } from './doctor-error.js';

const OLDEST_MINOR = 28;
const SLEEP_MINOR = 30;

const versionAnswer = z.object({ gitVersion: z.string() });
const resourceList = z.object({ resources: z.array(z.object({ kind: z.string() })) });

/** A resource whose presence decides what a program may ask for. */
interface Served {
  readonly id: string;
  readonly groupVersion: string;
  readonly kind: string;
  readonly use: string;
  /** Text of its schema without which it is of no use, and what to say then. */
  readonly needs?: { readonly field: string; readonly otherwise: string };
}

const SERVED: readonly Served[] = [
  { id: 'engine-cilium', groupVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', use: 'Egress.cilium()' },
  { id: 'engine-gke', groupVersion: 'networking.gke.io/v1alpha1', kind: 'FQDNNetworkPolicy', use: 'Egress.gke()' },
  {
    id: 'engine-eks',
    groupVersion: 'networking.k8s.aws/v1alpha1',
    kind: 'ApplicationNetworkPolicy',
    use: 'Egress.eks()',
  },
  {
    id: 'engine-cluster-network-policy',
    groupVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    use: 'Egress.clusterNetworkPolicy()',
    needs: { field: 'domainNames', otherwise: 'without domainNames, which its experimental channel has' },
  },
  { id: 'keda', groupVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', use: 'Autoscaling.keda()' },
];

/** The API server's version. This is also how the command finds out whether the cluster can be reached at all. */
export async function serverVersion(kubectl: Kubectl): Promise<string> {
  const answer = versionAnswer.safeParse(await kubectl.raw('/version'));
  if (answer.success) return answer.data.gitVersion;
  throw new DoctorError('the server does not answer as a Kubernetes API server does; is it one?');
}

/** Whether the version is one that the manifests are made for. */
export function versionCheck(version: string): Check {
  const id = 'kubernetes-version';
  const minor = Number(/^v?1\.(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (minor < OLDEST_MINOR) {
    return { id, status: 'failed', detail: `${version}; 1.${OLDEST_MINOR} is needed`, remedy: 'upgrade the cluster' };
  }
  if (!(minor >= SLEEP_MINOR)) {
    const remedy = `say kubernetesVersion: '1.${minor}' in ClusterProfile, so that pods wait before they stop by a command and not by a sleep`;
    return Number.isNaN(minor)
      ? { id, status: 'unknown', detail: `${version} is no version that is understood` }
      : { id, status: 'ok', detail: version, remedy };
  }
  return { id, status: 'ok', detail: version };
}

/** Which resources that manifests may use are installed. That they are enforced is not shown by this. */
export async function servedChecks(kubectl: Kubectl): Promise<Check[]> {
  const custom = factOf('custom-metrics', async () =>
    (await kubectl.rawIfServed('/apis/custom.metrics.k8s.io')) === undefined
      ? 'no adapter serves custom metrics; Autoscaling.horizontal() needs one'
      : 'custom metrics are served: Autoscaling.horizontal() can be used',
  );
  return Promise.all([...SERVED.map((served) => factOf(served.id, () => installed(kubectl, served))), custom]);
}

/** Whether the cluster gives pods their user, as OpenShift does. */
export async function assignsUsers(kubectl: Kubectl): Promise<boolean> {
  return (await kubectl.rawIfServed('/apis/security.openshift.io')) !== undefined;
}

async function installed(kubectl: Kubectl, { groupVersion, kind, use, needs }: Served): Promise<string> {
  const list = resourceList.safeParse(await kubectl.rawIfServed(`/apis/${groupVersion}`));
  const resource = `${kind} (${groupVersion})`;
  if (!list.success || !list.data.resources.some((one) => one.kind === kind)) return `${resource} is not installed`;
  if (needs !== undefined) {
    const schema = JSON.stringify(await kubectl.raw(`/openapi/v3/apis/${groupVersion}`));
    if (!schema.includes(`"${needs.field}"`)) return `${resource} is installed ${needs.otherwise}`;
  }
  return `${resource} is installed: ${use} can be used`;
}

async function factOf(id: string, find: () => Promise<string>): Promise<Check> {
  try {
    return { id, status: 'info', detail: await find() };
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return { id, status: 'unknown', detail: error.message };
  }
}
