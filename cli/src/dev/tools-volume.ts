import type { PodTemplate, Volume } from './kubernetes-objects.js';

/** Name of the volume that has the code of a sandbox. */
const TOOLS_VOLUME = 'tools';

/**
 * The image that a volume has tools from: it is mounted there, or fills it before the runtime starts.
 *
 * @returns its reference; absent for other volumes
 */
export function imageOfTools(
  { name, image }: Volume,
  { initContainers = [] }: PodTemplate['spec'],
): string | undefined {
  if (name !== TOOLS_VOLUME) return undefined;
  if (image !== undefined) return image.reference ?? 'unknown';
  const filler = initContainers.find(({ volumeMounts }) => volumeMounts.some((mount) => mount.name === name));
  return filler && (filler.image ?? 'unknown');
}

/** Says what has to be given in place of the image. */
export function missingTools(workload: string, { name }: Volume, image: string): string {
  const option = `--mount ${workload}/${name}=<dir>`;
  return `the tools of ${workload} are in the image ${image}, which is not pulled here; add ${option} with what its directory of tools has`;
}
