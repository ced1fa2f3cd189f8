import { SynthError } from '../errors/synth-error';

/**
 * What the sandbox runtime itself needs, in bytes. Its private memory (`RssAnon` of /proc/PID/status) under `npm start`
 * was 65 MiB when idle and 85 MiB after 600 calls; the rest of its resident memory is Node's own file, which the calls
 * share and the kernel can drop.
 */
const RUNTIME_BYTES = 96 * 1024 * 1024;
/** Share of the container's limit that may be planned for: one hog would end the whole container. */
const USABLE_SHARE = 0.7;

/**
 * Checks that all calls at once, each at its limit, and the runtime fit into 70% of the container's memory.
 *
 * @throws SynthError MEMORY_OVERCOMMITTED with the arithmetic
 */
export function checkSandboxMemory(
  callBytes: number,
  maxConcurrency: number,
  containerBytes: number,
  path: string,
): void {
  const needed = callBytes * maxConcurrency + RUNTIME_BYTES;
  const usable = Math.floor(containerBytes * USABLE_SHARE);
  if (needed <= usable) return;
  throw new SynthError('MEMORY_OVERCOMMITTED', path, {
    message: `${maxConcurrency} calls of ${mib(callBytes)} and ${mib(RUNTIME_BYTES)} for the runtime need ${mib(needed)}, 70% of the container's limit are ${mib(usable)}`,
    remedy: 'Raise resources.memory.limit, or lower memoryLimit or maxConcurrency',
  });
}

const mib = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
