/** Which runtime a pod runs. */
export type Runtime = 'gateway' | 'agent' | 'sandbox';

/** Label of pods that says which runtime they run. */
export const RUNTIME_LABEL = 'agentyard.dev/runtime';

/** Labels that select the pods of one workload within its namespace. Users cannot set them. */
export function selectorLabels(runtime: Runtime, name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, [RUNTIME_LABEL]: runtime };
}

/** Labels of everything that belongs to a workload. */
export function objectLabels(runtime: Runtime, name: string): Record<string, string> {
  return { ...selectorLabels(runtime, name), 'app.kubernetes.io/managed-by': 'agentyard' };
}
