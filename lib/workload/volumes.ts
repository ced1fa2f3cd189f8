import path from 'node:path';
import type { IConstruct } from 'constructs';
import { SynthError } from '../errors/synth-error';
import type { MountedVolume } from './deployment';

/**
 * Checks that no volume hides another, or the runtime's own files.
 *
 * @throws SynthError VOLUME_INVALID
 */
export function distinctVolumes(place: IConstruct, volumes: MountedVolume[]): MountedVolume[] {
  volumes.forEach((volume, i) => {
    const other = volumes.slice(0, i).find((v) => v.name === volume.name || overlap(v.mountPath, volume.mountPath));
    if (isPlainPath(volume.mountPath) && other === undefined) return;
    const reason = other
      ? `collides with "${other.name}" at "${other.mountPath}"`
      : 'is not mounted at a plain path below /, without "//", ".", ".." and ":"';
    throw new SynthError('VOLUME_INVALID', place, {
      message: `volume "${volume.name}" at "${volume.mountPath}" ${reason}`,
      remedy: 'Give each volume a name and an absolute path of its own',
    });
  });
  return volumes;
}

/** Of two spellings of one path only the plain one is taken, else one could hide the other. */
const isPlainPath = (mountPath: string) =>
  /^\/[^:]+$/.test(mountPath) && path.posix.normalize(mountPath) === mountPath && mountPath !== '/';

const overlap = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
