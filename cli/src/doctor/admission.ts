import type { Check } from './check.js';
import { KubectlError } from './kubectl-error.js';
import type { Kubectl } from './kubectl.js';
import type { ProbeScope } from './probe-scope.js';

const id = 'pod-security';

/** Whether the API server refuses a privileged pod in the probe's namespace. Nothing is created. */
export async function admissionCheck(kubectl: Kubectl, privileged: object, scope: ProbeScope): Promise<Check> {
  try {
    await kubectl.create(privileged, ['--dry-run=server']);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return refusal(error);
  }
  const detail = `a privileged pod is admitted in the namespace ${scope.namespace}`;
  return scope.ownsNamespace
    ? { id, status: 'failed', detail: `${detail}, whose labels forbid it`, remedy: SWITCH_ON }
    : { id, status: 'failed', detail, remedy: label(scope.namespace) };
}

const SWITCH_ON =
  'switch the admission plugin PodSecurity on in the API server, or let a policy engine hold the level restricted';

function label(namespace: string): string {
  return `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted`;
}

const BY_OTHERS = /denied (the )?request|security context constraint/;

/** Quotas, missing rights and malformed objects are refused as well, and prove nothing. */
function refusal({ message }: KubectlError): Check {
  if (/violates PodSecurity/.test(message))
    return { id, status: 'ok', detail: 'Pod Security admission refuses a privileged pod' };
  return BY_OTHERS.test(message)
    ? { id, status: 'ok', detail: `admission refuses a privileged pod, though not by Pod Security: ${message}` }
    : { id, status: 'unknown', detail: message };
}
