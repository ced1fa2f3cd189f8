import { SynthError } from '../errors/synth-error';
import { mib } from './sandbox-memory';

/** What any runtime needs beside its volumes. */
const RUNTIME_BYTES = 128 * 1024 * 1024;

/**
 * Checks that volumes in memory leave enough of the container's for the runtime.
 *
 * @throws SynthError MEMORY_OVERCOMMITTED with the arithmetic
 */
export function checkVolumeMemory(volumeBytes: number, containerBytes: number, path: string): void {
  if (volumeBytes === 0 || volumeBytes + RUNTIME_BYTES <= containerBytes) return;
  throw new SynthError('MEMORY_OVERCOMMITTED', path, {
    message: `volumes in memory take ${mib(volumeBytes)} when they are full; with ${mib(RUNTIME_BYTES)} for the runtime that is above the container's limit of ${mib(containerBytes)}`,
    remedy: 'Raise resources.memory.limit, or give the volumes a lower sizeLimit',
  });
}
