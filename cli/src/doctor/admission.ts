import { KubectlError } from '../kubectl/kubectl-error.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import type { Check } from './check.js';
import type { ProbePods } from './probe-objects.js';
import type { ProbeScope } from './probe-scope.js';

const id = 'pod-security';

/**
 * Whether the API server refuses a privileged pod in the probe's namespace. It has to admit the same pod without
 * privileges, since a policy may refuse both for what they have in common. Nothing is created.
 */
export async function admissionCheck(kubectl: Kubectl, pods: ProbePods, scope: ProbeScope): Promise<Check> {
  const control = await refusalOf(kubectl, pods.listener());
  if (control !== undefined) {
    const detail = `a pod without privileges is refused, so a refusal of a privileged one would show nothing: ${control.message}`;
    return { id, status: 'unknown', detail };
  }
  const refusal = await refusalOf(kubectl, pods.privileged());
  return refusal === undefined ? admitted(scope) : refused(refusal);
}

/** Why the API server does not admit an object, by a dry run; undefined if it does. */
async function refusalOf(kubectl: Kubectl, object: object): Promise<KubectlError | undefined> {
  try {
    await kubectl.create(object, ['--dry-run=server']);
    return undefined;
  } catch (error) {
    if (error instanceof KubectlError) return error;
    throw error;
  }
}

const SWITCH_ON =
  'switch the admission plugin PodSecurity on in the API server, or let a policy engine hold the level restricted';

function admitted({ namespace, ownsNamespace }: ProbeScope): Check {
  const detail = `a privileged pod is admitted in the namespace ${namespace}`;
  return ownsNamespace
    ? { id, status: 'failed', detail: `${detail}, whose labels forbid it`, remedy: SWITCH_ON }
    : { id, status: 'failed', detail, remedy: label(namespace) };
}

function label(namespace: string): string {
  return `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted`;
}

const BY_OTHERS = /denied (the )?request|security context constraint/;

/** A webhook that does not answer refuses as well, and proves nothing. */
function refused({ message, stderr }: KubectlError): Check {
  if (/violates PodSecurity/.test(stderr)) {
    return { id, status: 'ok', detail: 'Pod Security admission refuses a pod for being privileged' };
  }
  return BY_OTHERS.test(stderr)
    ? {
        id,
        status: 'ok',
        detail: `admission refuses a pod for being privileged, though not by Pod Security: ${message}`,
      }
    : { id, status: 'unknown', detail: message };
}
