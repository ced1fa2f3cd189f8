/** The user and group that pods run as: nobody. */
export const NOBODY = 65534;

/** Pod security context: what the Pod Security level `restricted` asks, as user 65534. */
export function podSecurityContext() {
  return {
    runAsNonRoot: true,
    runAsUser: NOBODY,
    runAsGroup: NOBODY,
    fsGroup: NOBODY,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Container security context: no capability, no escalation, a root file system that cannot be written. */
export function containerSecurityContext() {
  return {
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Members of a pod spec that keep the cluster's own interfaces out of the pod. */
export function isolatedPod() {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
  };
}

/** DNS settings of a pod that must not resolve names: CoreDNS resolves external ones, so it is a way out. */
export function noDns() {
  return { dnsPolicy: 'None', dnsConfig: { nameservers: ['127.0.0.1'] } };
}
