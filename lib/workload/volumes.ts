import path from 'node:path';
import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';
import { quantity } from './quantity';

/** A volume of a pod and where it is mounted. */
export interface MountedVolume {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  /** Directory of the volume that is mounted; absent: all of it. */
  readonly subPath?: string;
  /** The volume's source, as Kubernetes has it: `{ configMap: { name } }`. */
  readonly source: Readonly<Record<string, unknown>>;
  /** Whether the pod has it after all, where only the complete program tells; absent: it has. */
  readonly isNeeded?: () => boolean;
}

/** Mode of a file that the group which owns the volume reads, whatever user the pod runs as. */
export const READABLE_BY_GROUP = 0o440;

/** The volumes of a pod. One that hides another, or the runtime's own files, fails the synthesis. */
export function distinctVolumes(place: IConstruct, volumes: readonly MountedVolume[]): MountedVolume[] {
  return volumes.filter((volume, i) => {
    const other = volumes.slice(0, i).find((v) => v.name === volume.name || overlap(v.mountPath, volume.mountPath));
    if (isPlainPath(volume.mountPath) && other === undefined) return true;
    const reason = other
      ? `collides with "${other.name}" at "${other.mountPath}"`
      : 'is not mounted at a plain path below /, without "//", ".", ".." and ":"';
    const fault = {
      message: `volume "${volume.name}" at "${volume.mountPath}" ${reason}`,
      remedy: 'Give each volume a name and an absolute path of its own',
    };
    reportFault(place, new SynthError('VOLUME_INVALID', place, fault));
    return false;
  });
}

/** What volumes take of the container's memory when they are full; infinite for one without a limit. */
export function memoryOfVolumes(sources: readonly Readonly<Record<string, unknown>>[]): number {
  return sources.reduce((sum, { emptyDir }) => sum + memoryOfEmptyDir(emptyDir), 0);
}

function memoryOfEmptyDir(emptyDir: unknown): number {
  if (typeof emptyDir !== 'object' || emptyDir === null) return 0;
  const { medium, sizeLimit } = emptyDir as Readonly<Record<string, unknown>>;
  return medium === 'Memory' ? (quantity(sizeLimit) ?? Infinity) : 0;
}

/** Of two spellings of one path only the plain one is taken, else one could hide the other. */
const isPlainPath = (mountPath: string) =>
  /^\/[^:]+$/.test(mountPath) && path.posix.normalize(mountPath) === mountPath && mountPath !== '/';

const overlap = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
