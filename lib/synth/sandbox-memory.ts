import { SynthError } from '../errors/synth-error';

/**
 * What the sandbox runtime itself needs, in bytes. Its private memory (`RssAnon` of /proc/PID/status) under `npm start`
 * was 65 MiB when idle and 85 MiB after 600 calls; the rest of its resident memory is Node's own file, which the calls
 * share and the kernel can drop.
 */
const RUNTIME_BYTES = 96 * 1024 * 1024;
/** Share of the container's limit that may be planned for: one hog would end the whole container. */
const USABLE_SHARE = 0.7;

/** What takes memory of a sandbox's container. */
export interface SandboxMemory {
  /** Memory of one call. */
  readonly callBytes: number;
  readonly maxConcurrency: number;
  /** Volumes in memory, scratch space among them, when they are full. */
  readonly volumeBytes: number;
  /** The container's limit. */
  readonly containerBytes: number;
}

/**
 * Checks that all calls at once, each at its limit, the runtime and the volumes in memory fit into 70% of the container's.
 *
 * @throws SynthError MEMORY_OVERCOMMITTED with the arithmetic
 */
export function checkSandboxMemory(memory: SandboxMemory, path: string): void {
  const { callBytes, maxConcurrency, volumeBytes, containerBytes } = memory;
  const needed = callBytes * maxConcurrency + RUNTIME_BYTES + volumeBytes;
  const usable = Math.floor(containerBytes * USABLE_SHARE);
  if (needed <= usable) return;
  throw new SynthError('MEMORY_OVERCOMMITTED', path, {
    message: `${maxConcurrency} calls of ${mib(callBytes)}, ${mib(RUNTIME_BYTES)} for the runtime and ${mib(volumeBytes)} of volumes in memory need ${mib(needed)}, 70% of the container's limit are ${mib(usable)}`,
    remedy: 'Raise resources.memory.limit, or lower memoryLimit, maxConcurrency or the volumes',
  });
}

/** Bytes as a person reads them. */
export const mib = (bytes: number) =>
  bytes === Infinity ? 'any number of MiB' : `${Math.ceil(bytes / 1024 / 1024)} MiB`;
