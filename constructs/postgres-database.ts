import type { Duration } from 'cdk8s';
import type { PostgresDatabaseInput } from '../lib/contract';
import type { SynthFault } from '../lib/errors/synth-error';
import { tcp } from '../lib/network/port';
import { callingTlsFiles, callingTlsVolumes } from '../lib/workload/calling-tls';
import { READABLE_BY_GROUP, type MountedVolume } from '../lib/workload/volumes';
import type { CaBundle } from './cluster-profile';
import { checkDataServer } from './data-server-check';
import type { Peer } from './peer';
import { checkedSecretKey } from './secret-key';
import { authoritiesOf } from './upstream-tls';
import type { Workload } from './workload';

/** Where agents find what a Secret holds for their database. */
const DIRECTORY = '/var/run/secrets/agentyard/database';
/** What it is called among what is called by TLS. */
const DATABASE = 'database';
const PLACE = 'PostgresDatabase.at';

/** Options of a PostgreSQL database. */
export interface PostgresDatabaseOptions {
  /** Host name, for example `postgres.data.svc`. */
  readonly host: string;
  /** The pods or addresses behind it, which agents may connect to: `Peer.pods` or `Peer.cidr`. */
  readonly servedBy: Peer;
  /** Name of the database. */
  readonly database: string;
  /** User of it, who may make tables there, or finds them made. */
  readonly username: string;
  /**
   * Port of the pods behind it.
   * @default 5432
   */
  readonly port?: number;
  /**
   * Secret in the agent's namespace with the password.
   * @default - no password
   */
  readonly passwordSecretName?: string;
  /**
   * Entry of that Secret.
   * @default password
   */
  readonly passwordSecretKey?: string;
  /**
   * Whether the connection is encrypted.
   * @default false
   */
  readonly tls?: boolean;
  /**
   * Authorities of its certificate, in place of all others: a ConfigMap in the agent's namespace. Needs `tls`.
   * @default - the public ones, and those of the cluster's profile
   */
  readonly authorities?: CaBundle;
  /**
   * How long one question to it may take, up to 10 seconds.
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;
}

/** A PostgreSQL database, from 13 on, in which the replicas of an agent keep what they share. It is not made here. */
export class PostgresDatabase {
  /** A database at a host. Throws `STORE_INVALID`, `PORT_INVALID` for what cannot be one. */
  public static at(options: PostgresDatabaseOptions): PostgresDatabase {
    const { port = 5_432 } = options;
    checkDataServer(PLACE, options, 'postgres.data.svc', FAULTS);
    return new PostgresDatabase({ ...options, port });
  }

  private constructor(private readonly options: PostgresDatabaseOptions & { readonly port: number }) {}

  /** @internal */
  public get _volumes(): MountedVolume[] {
    const { authorities, passwordSecretName, passwordSecretKey = 'password' } = this.options;
    const tls = { authorities: authorities && authoritiesOf(PLACE, authorities) };
    const volumes = callingTlsVolumes(DATABASE, tls);
    if (passwordSecretName === undefined) return volumes;
    const { secretName, key } = checkedSecretKey(PLACE, passwordSecretName, passwordSecretKey);
    const secret = { secretName, items: [{ key, path: 'password' }], defaultMode: READABLE_BY_GROUP };
    return [{ name: 'database', mountPath: DIRECTORY, readOnly: true, source: { secret } }, ...volumes];
  }

  /** @internal */
  public get _section(): PostgresDatabaseInput {
    const { host, port, database, username, passwordSecretName, tls = false, authorities, timeout } = this.options;
    const files = callingTlsFiles(DATABASE, { authorities: authorities && authoritiesOf(PLACE, authorities) });
    return {
      kind: 'postgres',
      host,
      port,
      database,
      username,
      passwordFile: passwordSecretName === undefined ? undefined : `${DIRECTORY}/password`,
      ...(tls && { tls: files }),
      timeoutMs: timeout?.toMilliseconds(),
    };
  }

  /** Opens the way to it. @internal */
  public _open(workload: Workload): void {
    workload.allowTo(this.options.servedBy._network(PLACE), tcp(this.options.port));
  }
}

const isName = (text: string) => text !== '' && text.length <= 63;

const FAULTS: readonly ((options: PostgresDatabaseOptions) => SynthFault | undefined)[] = [
  ({ database, username }) =>
    isName(database) && isName(username)
      ? undefined
      : { message: 'database or username is empty, or too long', remedy: 'Give names of 1 to 63 characters' },
];
