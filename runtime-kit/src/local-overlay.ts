import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** What differs when a runtime runs as a local process and not in a pod. Written by `agentyard dev`. */
export interface LocalOverlay {
  /** Address that the runtime listens on instead of the document's port; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /**
   * Port, at the host of `listen`, that a gateway takes what its other replicas pass on at, instead of the document's
   * `peers.port`; absent for what has no peers.
   */
  readonly peerPort?: number;
  /** Mount paths of the container, and the local directories that stand for them. */
  readonly mounts: Readonly<Record<string, string>>;
  /** File with the {@link HostMap}. */
  readonly hostsFile: string;
}

/**
 * `host:port` of a Service, and the local addresses (`127.0.0.1:4711`) of its ready replicas; of all of its replicas, if
 * the Service has those that are not ready, too.
 */
export type HostMap = Readonly<Record<string, readonly string[]>>;

/** Environment variable that names the overlay's file. */
export const LOCAL_OVERLAY_VARIABLE = 'AGENTYARD_LOCAL';

/**
 * Reads the overlay that the environment names, if any.
 *
 * @throws Error inside Kubernetes: an overlay could redirect traffic past every policy
 */
export function readLocalOverlay(environment: NodeJS.ProcessEnv = process.env): LocalOverlay | undefined {
  const file = environment[LOCAL_OVERLAY_VARIABLE];
  if (file === undefined || file === '') return undefined;
  if (environment.KUBERNETES_SERVICE_HOST !== undefined) {
    throw new Error(`${LOCAL_OVERLAY_VARIABLE} is refused inside Kubernetes; remove it from the pod's environment`);
  }
  return JSON.parse(readFileSync(file, 'utf8')) as LocalOverlay;
}

/** The path that a mount path of the container has on this machine. */
export function localPath(containerPath: string, overlay: LocalOverlay | undefined): string {
  const mounts = Object.entries(overlay?.mounts ?? {}).sort(([a], [b]) => b.length - a.length);
  for (const [mount, directory] of mounts) {
    if (containerPath === mount) return directory;
    if (containerPath.startsWith(`${mount}/`)) return path.join(directory, containerPath.slice(mount.length + 1));
  }
  return containerPath;
}

/** Reads the host map anew whenever its file has changed; a half-written one leaves the last one in force. */
export class LocalHosts {
  private stamp = '';
  private hosts: HostMap = {};

  public constructor(private readonly file: string) {}

  /** Local addresses of `host:port`: empty when none is ready, absent when the name is not of this platform. */
  public addressesOf(host: string, port: number): readonly string[] | undefined {
    const { mtimeMs, size, ino } = statSync(this.file);
    const stamp = `${mtimeMs}:${size}:${ino}`;
    if (stamp !== this.stamp) {
      this.read(stamp);
    }
    return this.hosts[`${host}:${port}`];
  }

  private read(stamp: string): void {
    try {
      this.hosts = JSON.parse(readFileSync(this.file, 'utf8')) as HostMap;
      this.stamp = stamp;
    } catch (error) {
      if (this.stamp === '') throw error;
    }
  }
}
