/**
 * A variable with a field of the pod itself. The version is written out: the API server fills it in, and would take the
 * next server-side apply without it for a conflict with whoever applied before.
 */
export function podField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
