import type { Size } from 'cdk8s';
import type { IConfigMap, IPersistentVolumeClaim, ISecret } from 'cdk8s-plus-29';
import { SynthError } from '../lib/errors/synth-error';
import { checkedObjectName } from '../lib/workload/names';
import { READABLE_BY_GROUP } from '../lib/workload/volumes';

/** Kinds of volumes that Pod Security `restricted` admits. */
const ALLOWED_KINDS = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
  'image',
];

/** What stands behind a volume of a pod. */
export class VolumeSource {
  /** The claim of a persistent volume. */
  public static persistentVolumeClaim(claim: IPersistentVolumeClaim): VolumeSource {
    return new VolumeSource({ persistentVolumeClaim: { claimName: claim.name } });
  }

  /** A persistent volume by the name of its claim. */
  public static fromPersistentVolumeClaimName(claimName: string): VolumeSource {
    return new VolumeSource({ persistentVolumeClaim: { claimName: checkedObjectName('VolumeSource', claimName) } });
  }

  /** The entries of a ConfigMap as files. */
  public static configMap(configMap: IConfigMap): VolumeSource {
    return new VolumeSource({ configMap: { name: configMap.name } });
  }

  /** The entries of a Secret as files, readable by the pod's user alone. */
  public static secret(secret: ISecret): VolumeSource {
    return new VolumeSource({ secret: { secretName: secret.name, defaultMode: READABLE_BY_GROUP } });
  }

  /** An empty directory in memory, gone with the pod. @param sizeLimit counts towards the container's memory */
  public static memory(sizeLimit: Size): VolumeSource {
    return new VolumeSource({ emptyDir: { medium: 'Memory', sizeLimit: sizeLimit.asString() } });
  }

  /**
   * Any other source, as Kubernetes has it: `{ csi: { driver: '...' } }`.
   * Throws VOLUME_INVALID for a kind that Pod Security `restricted` refuses, such as `hostPath`, and for a token of the
   * Kubernetes API.
   *
   * @param spec the volume without its name
   */
  public static fromSpec(spec: Record<string, any>): VolumeSource {
    const kinds = Object.keys(spec);
    const kind = kinds[0];
    if (kinds.length !== 1 || kind === undefined || !ALLOWED_KINDS.includes(kind)) {
      throw new SynthError('VOLUME_INVALID', 'VolumeSource.fromSpec', {
        message: `a volume of kind "${kinds.join(', ')}" is not allowed`,
        remedy: `Use exactly one of ${ALLOWED_KINDS.join(', ')}`,
      });
    }
    if (holdsApiToken(spec)) {
      throw new SynthError('VOLUME_INVALID', 'VolumeSource.fromSpec', {
        message: 'a projected serviceAccountToken without an audience of its own is one for the Kubernetes API',
        remedy: 'Use connections.allowToApiServer(), or name the audience that the token is for',
      });
    }
    return new VolumeSource(spec);
  }

  /** @internal */
  public readonly _spec: Record<string, unknown>;

  private constructor(spec: Record<string, unknown>) {
    this._spec = spec;
  }
}

interface ProjectedSpec {
  readonly sources?: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[];
}

/** What the API server's own audience is called where nobody chose another: its Service. */
const API_AUDIENCE = /^(https?:\/\/)?kubernetes(\.default(\.svc(\..*)?)?)?(:\d+)?\/?$/;

/** Whether a projected volume holds a token of the pod's ServiceAccount that the API server takes. */
function holdsApiToken(spec: Readonly<Record<string, any>>): boolean {
  const { sources } = (spec.projected ?? {}) as ProjectedSpec;
  return (sources ?? []).some(
    ({ serviceAccountToken: token }) => token !== undefined && API_AUDIENCE.test(token.audience || 'kubernetes'),
  );
}
