/** The user and group that pods run as: nobody. */
export const NOBODY = 65534;

/** What of a pod's security differs between workloads; all else is fixed. */
export interface SecuritySettings {
  /** User that runs the containers; absent: the cluster assigns one, as OpenShift does from the namespace's range. */
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  /** Group that owns the files of volumes. */
  readonly fsGroup?: number;
  /** Path of a seccomp profile on the nodes; absent: the container runtime's own. */
  readonly seccompProfile?: string;
  readonly readOnlyRootFilesystem: boolean;
  /** Whether Services of the namespace become environment variables. */
  readonly serviceLinks: boolean;
}

/** Pod security context: what the Pod Security level `restricted` asks. */
export function podSecurityContext({ runAsUser, runAsGroup, fsGroup, seccompProfile }: SecuritySettings) {
  return { runAsNonRoot: true, runAsUser, runAsGroup, fsGroup, seccompProfile: seccomp(seccompProfile) };
}

/** Container security context: no capability, no escalation. */
export function containerSecurityContext({ readOnlyRootFilesystem, seccompProfile }: SecuritySettings) {
  return {
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: seccomp(seccompProfile),
  };
}

/** Members of a pod spec that keep the node's and the cluster's interfaces out of the pod. */
export function isolatedPod(token: boolean, { serviceLinks }: SecuritySettings) {
  return {
    automountServiceAccountToken: token,
    enableServiceLinks: serviceLinks,
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
  };
}

/** DNS settings of a pod that must not resolve names: CoreDNS resolves external ones, so it is a way out. */
export function noDns() {
  return { dnsPolicy: 'None', dnsConfig: { nameservers: ['127.0.0.1'] } };
}

function seccomp(localhostProfile: string | undefined) {
  return localhostProfile === undefined ? { type: 'RuntimeDefault' } : { type: 'Localhost', localhostProfile };
}
