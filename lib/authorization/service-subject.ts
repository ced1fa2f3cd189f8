import type { AccountPods, Workload } from '../reachability';

/** `sub` of the tokens that pods of a workload show, whatever documents say. */
export function subjectOf({ namespace, pods }: Workload): string {
  return `system:serviceaccount:${namespace}:${pods.serviceAccount ?? 'default'}`;
}

/** The pods that show tokens with a `sub`. */
export function accountOf(subject: string): AccountPods {
  const [, , namespace = '', serviceAccount = ''] = subject.split(':');
  return { namespace, serviceAccount };
}

/** How answers call a service of which no more is known: `service billing/cron`. */
export function serviceTitle(subject: string): string {
  const { namespace, serviceAccount } = accountOf(subject);
  return `service ${namespace}/${serviceAccount}`;
}
