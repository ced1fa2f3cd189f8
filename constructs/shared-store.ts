import type { SharedStoreInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { tcp } from '../lib/network/port';
import { READABLE_BY_GROUP, type MountedVolume } from '../lib/workload/volumes';
import type { Peer } from './peer';
import { checkedSecretKey } from './secret-key';
import type { Workload } from './workload';

/** Where gateways find what a Secret holds for their store. */
const DIRECTORY = '/var/run/secrets/agentyard/store';

/** Options of a Valkey or Redis. */
export interface ValkeyOptions {
  /** Host name, for example `valkey.data.svc`. */
  readonly host: string;
  /** The pods or addresses behind it, which gateways may connect to: `Peer.pods` or `Peer.cidr`. */
  readonly servedBy: Peer;
  /**
   * Port of the pods behind it.
   * @default 6379
   */
  readonly port?: number;
  /**
   * Secret in the gateway's namespace with the password.
   * @default - no password
   */
  readonly passwordSecretName?: string;
  /**
   * Entry of that Secret.
   * @default password
   */
  readonly passwordSecretKey?: string;
  /**
   * User of its access control list.
   * @default - the default user
   */
  readonly username?: string;
  /**
   * Whether the connection is encrypted; its certificate has to be of an authority that the cluster's profile trusts.
   * @default false
   */
  readonly tls?: boolean;
  /**
   * Number of the database.
   * @default 0
   */
  readonly database?: number;
}

/** A store in which the replicas of a gateway count together. It is not made here. */
export class SharedStore {
  /** A Valkey, or a Redis from 6.2 on: one server or a primary with replicas behind one name, no cluster. */
  public static valkey(options: ValkeyOptions): SharedStore {
    const { host, port = 6379, database } = options;
    if (!/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(host) || host.length > 253) {
      throw new SynthError('STORE_INVALID', 'SharedStore.valkey', {
        message: `host "${host}" is no host name`,
        remedy: 'Give the name alone, for example valkey.data.svc',
      });
    }
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new SynthError('PORT_INVALID', 'SharedStore.valkey', {
        message: `port is ${port}`,
        remedy: 'Give a whole number from 1 to 65535',
      });
    }
    if (database !== undefined && !(Number.isInteger(database) && database >= 0 && database <= 1_023)) {
      throw new SynthError('STORE_INVALID', 'SharedStore.valkey', {
        message: `database is ${database}`,
        remedy: 'Give a whole number from 0 to 1023',
      });
    }
    if (options.username !== undefined && options.passwordSecretName === undefined) {
      throw new SynthError('STORE_INVALID', 'SharedStore.valkey', {
        message: `the user "${options.username}" has no password`,
        remedy: 'Name the Secret that holds it: passwordSecretName',
      });
    }
    return new SharedStore({ ...options, port });
  }

  private readonly options: ValkeyOptions & { readonly port: number };
  private readonly password?: SecretKey;

  private constructor(options: ValkeyOptions & { readonly port: number }) {
    const { passwordSecretName: secretName, passwordSecretKey: key = 'password' } = options;
    this.options = options;
    this.password = secretName === undefined ? undefined : checkedSecretKey('SharedStore.valkey', secretName, key);
  }

  /** @internal */
  public get _volumes(): MountedVolume[] {
    if (this.password === undefined) return [];
    const { secretName, key } = this.password;
    const secret = { secretName, items: [{ key, path: 'password' }], defaultMode: READABLE_BY_GROUP };
    return [{ name: 'store', mountPath: DIRECTORY, readOnly: true, source: { secret } }];
  }

  /** @internal */
  public get _section(): SharedStoreInput {
    const { host, port, username, tls = false, database } = this.options;
    const passwordFile = this.password === undefined ? undefined : `${DIRECTORY}/password`;
    return { kind: 'valkey', host, port, username, passwordFile, ...(tls && { tls: {} }), database };
  }

  /** Opens the way to it. @internal */
  public _open(workload: Workload): void {
    workload.allowTo(this.options.servedBy._network('SharedStore.valkey'), tcp(this.options.port));
  }
}
