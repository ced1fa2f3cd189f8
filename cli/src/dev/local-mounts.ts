import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DevError } from './dev-error.js';

/** `--mount <volume>=@logs`: the logs of the platform that is being run. */
export const PLATFORM_LOGS = '@logs';

/** Data volumes carry this prefix in a pod; `--mount` takes their names without it too. */
const DATA_PREFIX = 'data-';

/** The developer's directories that stand for volumes with no meaning outside a cluster. */
export class LocalMounts {
  private readonly used = new Set<string>();
  private readonly asked = new Set<string>();

  private constructor(private readonly directories: ReadonlyMap<string, string>) {}

  /**
   * @param mounts directories by `<volume>` or `<deployment>/<volume>`; `@logs` stands for `logsDirectory`
   * @throws DevError for a directory that does not exist, and for a file: its folder would come with it
   */
  public static async check(mounts: Readonly<Record<string, string>>, logsDirectory: string): Promise<LocalMounts> {
    const entries = Object.entries(mounts).map(async ([volume, given]) => {
      const directory = given === PLATFORM_LOGS ? logsDirectory : path.resolve(given);
      await refuseNoDirectory(volume, directory);
      return [volume, directory] as const;
    });
    return new LocalMounts(new Map(await Promise.all(entries)));
  }

  /** The directory given for a volume of a Deployment; the more specific name goes first. */
  public directoryFor(deployment: string, volume: string): string | undefined {
    const short = volume.startsWith(DATA_PREFIX) ? volume.slice(DATA_PREFIX.length) : volume;
    this.asked.add(`${deployment}/${short}`);
    const name = [`${deployment}/${volume}`, `${deployment}/${short}`, volume, short].find((key) =>
      this.directories.has(key),
    );
    if (name === undefined) return undefined;
    this.used.add(name);
    return this.directories.get(name);
  }

  /** @throws DevError for a directory that stands for no volume */
  public refuseUnused(): void {
    const unused = [...this.directories.keys()].find((key) => !this.used.has(key));
    if (unused === undefined) return;
    const names = [...this.asked].sort().join(', ') || 'none';
    throw new DevError(`--mount ${unused}: no workload has a volume of this name; volumes: ${names}`);
  }
}

async function refuseNoDirectory(volume: string, directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined)
    throw new DevError(`--mount ${volume}: ${directory} does not exist; create it, or correct the path`);
  if (!found.isDirectory()) {
    throw new DevError(
      `--mount ${volume}: ${directory} is not a directory; put the file into a directory of its own and give that`,
    );
  }
}
