import type { GatewayDocumentInput } from '../lib/contract';
import type { MountedVolume } from '../lib/workload/volumes';
import type { ApiKeys } from './api-keys';

const KEYS_DIRECTORY = '/var/run/secrets/agentyard/api-keys';

/** Who may call a gateway. */
export class Auth {
  /** Whoever holds one of the keys whose hashes stand in a Secret. A Secret that is missing or empty lets nobody in. */
  public static apiKeys(keys: ApiKeys): Auth {
    const source = { secret: { secretName: keys.secretName, optional: true, defaultMode: 0o440 } };
    return new Auth({ mode: 'apiKeys', keysDirectory: KEYS_DIRECTORY }, [
      { name: 'api-keys', mountPath: KEYS_DIRECTORY, readOnly: true, source },
    ]);
  }

  /** Everyone who reaches the gateway. Warns at synth, and fails beside an entry from outside of the cluster. */
  public static none(): Auth {
    return new Auth({ mode: 'none' }, []);
  }

  /** @internal */
  public readonly _config: GatewayDocumentInput['auth'];
  /** @internal */
  public readonly _volumes: readonly MountedVolume[];

  private constructor(config: GatewayDocumentInput['auth'], volumes: readonly MountedVolume[]) {
    this._config = config;
    this._volumes = volumes;
  }
}
