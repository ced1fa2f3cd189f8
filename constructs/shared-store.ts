import type { Duration } from 'cdk8s';
import type { SharedStoreInput } from '../lib/contract';
import type { SynthFault } from '../lib/errors/synth-error';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { tcp } from '../lib/network/port';
import { callingTlsFiles, callingTlsVolumes, type CallingTls } from '../lib/workload/calling-tls';
import { READABLE_BY_GROUP, type MountedVolume } from '../lib/workload/volumes';
import type { CaBundle } from './cluster-profile';
import { checkDataServer } from './data-server-check';
import type { Peer } from './peer';
import { checkedSecretKey } from './secret-key';
import { authoritiesOf } from './upstream-tls';
import type { Workload } from './workload';

/** Where pods find what a Secret holds for their store. */
const DIRECTORY = '/var/run/secrets/agentyard/store';
/** What it is called among what is called by TLS. */
const STORE = 'store';

/** Options of a Valkey or Redis. */
export interface ValkeyOptions {
  /** Host name, for example `valkey.data.svc`. */
  readonly host: string;
  /** The pods or addresses behind it, which gateways and agents may connect to: `Peer.pods` or `Peer.cidr`. */
  readonly servedBy: Peer;
  /**
   * Port of the pods behind it.
   * @default 6379
   */
  readonly port?: number;
  /**
   * Secret in the namespace of the gateway or agent, with the password.
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
   * Whether the connection is encrypted.
   * @default false
   */
  readonly tls?: boolean;
  /**
   * Authorities of its certificate, in place of all others: a ConfigMap in the namespace of the gateway or agent. Needs `tls`.
   * @default - the public ones, and those of the cluster's profile
   */
  readonly authorities?: CaBundle;
  /**
   * How long one question to it may take, up to 10 seconds: after that it counts as down for this request.
   * @default Duration.millis(250)
   */
  readonly timeout?: Duration;
  /**
   * Number of the database.
   * @default 0
   */
  readonly database?: number;
}

/** A store in which the replicas of a gateway count together, and those of an agent keep sessions. It is not made here. */
export class SharedStore {
  /** A Valkey, or a Redis from 6.2 on: one server or a primary with replicas behind one name, no cluster. */
  public static valkey(options: ValkeyOptions): SharedStore {
    const { port = 6379 } = options;
    checkDataServer('SharedStore.valkey', options, 'valkey.data.svc', FAULTS);
    return new SharedStore({ ...options, port });
  }

  private readonly options: ValkeyOptions & { readonly port: number };
  private readonly password?: SecretKey;
  private readonly tls: CallingTls;

  private constructor(options: ValkeyOptions & { readonly port: number }) {
    const { passwordSecretName: secretName, passwordSecretKey: key = 'password' } = options;
    this.options = options;
    this.tls = { authorities: options.authorities && authoritiesOf('SharedStore.valkey', options.authorities) };
    this.password = secretName === undefined ? undefined : checkedSecretKey('SharedStore.valkey', secretName, key);
  }

  /** @internal */
  public get _volumes(): MountedVolume[] {
    const volumes = callingTlsVolumes(STORE, this.tls);
    if (this.password === undefined) return volumes;
    const { secretName, key } = this.password;
    const secret = { secretName, items: [{ key, path: 'password' }], defaultMode: READABLE_BY_GROUP };
    return [{ name: 'store', mountPath: DIRECTORY, readOnly: true, source: { secret } }, ...volumes];
  }

  /** @internal */
  public get _section(): SharedStoreInput {
    const { host, port, username, tls = false, database, timeout } = this.options;
    const passwordFile = this.password === undefined ? undefined : `${DIRECTORY}/password`;
    return {
      kind: 'valkey',
      host,
      port,
      username,
      passwordFile,
      ...(tls && { tls: callingTlsFiles(STORE, this.tls) }),
      database,
      timeoutMs: timeout?.toMilliseconds(),
    };
  }

  /** Opens the way to it. @internal */
  public _open(workload: Workload): void {
    workload.allowTo(this.options.servedBy._network('SharedStore.valkey'), tcp(this.options.port));
  }
}

const FAULTS: readonly ((options: ValkeyOptions) => SynthFault | undefined)[] = [
  ({ database = 0 }) =>
    Number.isInteger(database) && database >= 0 && database <= 1_023
      ? undefined
      : { message: `database is ${database}`, remedy: 'Give a whole number from 0 to 1023' },
  ({ username, passwordSecretName }) =>
    username === undefined || passwordSecretName !== undefined
      ? undefined
      : {
          message: `the user "${username}" has no password`,
          remedy: 'Name the Secret that holds it: passwordSecretName',
        },
];
