import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { localPath, type LocalOverlay } from '@agentyard/runtime-kit';
import type { ReplicaPorts } from './gateway-ports.js';
import { replaceFile, writeMountedFiles } from './mounted-files.js';
import type { Mount, Workload } from './workload.js';

const LOOPBACK = '127.0.0.1';

/** The folder of one replica: what its volumes hold, and the overlay that tells the runtime where they are. */
export class PodDirectory {
  /** File that the runtime is told of. */
  public readonly overlayFile: string;

  public constructor(
    public readonly root: string,
    private readonly hostsFile: string,
    private readonly ports: ReplicaPorts,
  ) {
    this.overlayFile = path.join(this.root, 'overlay.json');
  }

  /**
   * Writes the workload's volumes and the overlay. Written again, only what differs is replaced.
   *
   * @returns whether a file of a volume changed
   */
  public write(workload: Workload): boolean {
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    const changes = workload.mounts.map((mount) => this.writeVolume(mount));
    replaceFile(this.overlayFile, JSON.stringify(this.overlayOf(workload)), 0o600);
    return changes.includes(true);
  }

  /** The path that a path of the workload's container has here. */
  public localPath(containerPath: string, workload: Workload): string {
    return localPath(containerPath, this.overlayOf(workload));
  }

  private overlayOf({ mounts }: Workload): LocalOverlay {
    return {
      listen: { host: LOOPBACK, port: this.ports.port },
      peerPort: this.ports.peerPort,
      mounts: Object.fromEntries(mounts.map((mount) => [mount.path, this.locationOf(mount)])),
      hostsFile: this.hostsFile,
    };
  }

  private writeVolume({ volume, source }: Mount): boolean {
    const directory = this.volumeDirectory(volume);
    if (source.type === 'files') return writeMountedFiles(directory, source.files, source.secret);
    if (source.type === 'empty') mkdirSync(directory, { recursive: true, mode: 0o700 });
    return false;
  }

  private locationOf({ volume, subPath, source }: Mount): string {
    const base = source.type === 'directory' ? source.directory : this.volumeDirectory(volume);
    return path.join(base, subPath);
  }

  private volumeDirectory(volume: string): string {
    return path.join(this.root, 'volumes', volume);
  }
}
