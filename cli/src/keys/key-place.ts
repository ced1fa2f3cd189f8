import { DevError } from '../dev/dev-error.js';
import { gatewayKeys, type GatewayKeys } from './gateway-keys.js';
import type { SecretPlace } from './key-secret.js';

/** Flags that say where keys are. */
export interface PlaceFlags {
  readonly secret?: string;
  readonly namespace?: string;
  /** A gateway of the manifests, instead of the Secret that it mounts. */
  readonly gateway?: string;
  /** Folder of the manifests. */
  readonly manifests: string;
}

/** The Secret of keys, and the roles that count, if they are known. */
export interface KeyPlace {
  readonly secret: SecretPlace;
  readonly known?: Omit<GatewayKeys, 'secret'>;
}

/** @throws DevError if no Secret is named, or the manifests have no such gateway */
export async function keyPlace({ secret, namespace, gateway, manifests }: PlaceFlags): Promise<KeyPlace> {
  if (gateway !== undefined) {
    const { secret: mounted, ...known } = await gatewayKeys(manifests, gateway);
    return { secret: mounted, known };
  }
  if (secret !== undefined && namespace !== undefined) return { secret: { name: secret, namespace } };
  throw new DevError(
    'name the Secret of the keys: --secret <name> --namespace <name>; or the gateway that mounts it: --gateway <name> --manifests <dir>',
  );
}
