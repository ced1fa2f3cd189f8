import { containerSecurityContext, type SecuritySettings } from '../hardening/pod-security';

/** A container that ends before the one that serves begins. */
export interface InitContainer {
  readonly name: string;
  readonly image: string;
  /** `Always`, `IfNotPresent` or `Never`; absent: as Kubernetes decides by the image's tag. */
  readonly imagePullPolicy?: string;
  readonly command: readonly string[];
  readonly resources: Readonly<Record<string, unknown>>;
  /** The one volume that it sees, which it may write, and where. */
  readonly volume: string;
  readonly mountPath: string;
}

/** Where Kubernetes mounts the token of the pod's ServiceAccount, unless something is mounted there. */
const TOKEN_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** An empty volume in the place of the token. */
const NO_TOKEN = 'no-token';

/** What of the pod its init containers follow from. */
export interface InitOwner {
  readonly initContainers: readonly InitContainer[];
  /** Whether the pod gets its ServiceAccount's token, which is for the container that serves alone. */
  readonly token: boolean;
  readonly security: SecuritySettings;
}

/** The init containers: their root file system is never written, and they see no token. */
export function renderInitContainers({ initContainers, token, security }: InitOwner) {
  const noToken = token ? [{ name: NO_TOKEN, mountPath: TOKEN_DIRECTORY, readOnly: true }] : [];
  return initContainers.map(({ name, image, imagePullPolicy, command, resources, volume, mountPath }) => ({
    name,
    image,
    imagePullPolicy,
    command,
    resources,
    securityContext: containerSecurityContext({ ...security, readOnlyRootFilesystem: true }),
    volumeMounts: [{ name: volume, mountPath, readOnly: false }, ...noToken],
  }));
}

/** The volumes that init containers need beside those of the pod. */
export function initVolumes({ initContainers, token }: Pick<InitOwner, 'initContainers' | 'token'>) {
  return initContainers.length > 0 && token ? [{ name: NO_TOKEN, emptyDir: { sizeLimit: '1Mi' } }] : [];
}
