import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cluster/cache-folder';
import { installPackages } from '../real/debian-packages';

/** Options that harden a container as the manifests do. */
const HARDENED = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'];

/** Limits are set because this machine may not raise its own, which the defaults ask for. */
const ENGINE = `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=2048:2048"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

/** Images and containers without a daemon: Debian's buildah, podman and runc, with a storage of their own. */
export class Containers {
  public readonly environment: NodeJS.ProcessEnv;

  private constructor(public readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    const storage = path.join(folder, 'storage.conf');
    const engine = path.join(folder, 'containers.conf');
    const at = (name: string): string => JSON.stringify(path.join(folder, name));
    writeFileSync(storage, `[storage]\ndriver = "overlay"\ngraphroot = ${at('images')}\nrunroot = ${at('run')}\n`);
    writeFileSync(engine, ENGINE);
    this.environment = {
      ...process.env,
      CONTAINERS_STORAGE_CONF: storage,
      CONTAINERS_CONF: engine,
      BUILDAH_ISOLATION: 'chroot',
    };
  }

  /** Installs what is missing. What is built is kept from one run to the next. */
  public static open(): Containers {
    installPackages('buildah', 'podman', 'runc', 'debootstrap', 'libcap2-bin');
    return new Containers(cacheFolder('containers'));
  }

  /** Runs buildah. */
  public buildah(...args: string[]): string {
    return this.execute('buildah', args);
  }

  /** Runs podman. */
  public podman(...args: string[]): string {
    return this.execute('podman', args);
  }

  /** Runs another program with the same storage. */
  public execute(command: string, args: readonly string[]): string {
    return execFileSync(command, args, {
      env: this.environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    }).trim();
  }

  /** Whether an image is there. */
  public has(image: string): boolean {
    try {
      this.buildah('inspect', '--type=image', image);
      return true;
    } catch {
      return false;
    }
  }

  /** Starts a hardened container. @param more options of `podman run` */
  public start(name: string, image: string, ...more: string[]): void {
    this.remove(name);
    this.podman('run', '--detach', '--name', name, ...HARDENED, ...more, image);
  }

  public remove(name: string): void {
    this.podman('rm', '--force', '--ignore', '--time=0', name);
  }
}
