import { SynthError } from '../errors/synth-error';
import { mib } from '../synth/sandbox-memory';
import type { ToolImage } from '../synth/tool-image';
import type { InitContainer } from './init-container';
import { LOG_BYTES } from './resources';
import type { MountedVolume } from './volumes';

/** Where the init container sees the volume that it fills: no directory of an image is likely to have this path. */
const COPY_DIRECTORY = '/mnt/agentyard-tools';

/** What an init container takes that copies files. */
const COPY_RESOURCES = { cpu: ['50m', '500m'], memory: ['32Mi', '128Mi'] } as const;

/** How the tools of an image come into a pod. */
export interface ToolImageParts {
  readonly volume: MountedVolume;
  readonly initContainers: readonly InitContainer[];
}

/** The image as a volume: the directory of the tools and nothing else of it. */
export function mountedToolImage(
  { reference, directory, pullPolicy }: ToolImage,
  name: string,
  mountPath: string,
): ToolImageParts {
  const source = { image: { reference, pullPolicy } };
  const subPath = directory === '/' ? undefined : directory.slice(1);
  return { volume: { name, mountPath, readOnly: true, subPath, source }, initContainers: [] };
}

/** A volume on the node's disk, which the image fills before the runtime starts and nobody writes afterwards. */
export function copiedToolImage(image: ToolImage, name: string, mountPath: string): ToolImageParts {
  const sizeLimit = quantityOf(image.maxBytes);
  const { cpu, memory } = COPY_RESOURCES;
  const copy: InitContainer = {
    name,
    image: image.reference,
    imagePullPolicy: image.pullPolicy,
    command: [...image.copyCommand, image.directory === '/' ? '/.' : `${image.directory}/.`, COPY_DIRECTORY],
    resources: {
      requests: { cpu: cpu[0], memory: memory[0], 'ephemeral-storage': sizeLimit },
      limits: { cpu: cpu[1], memory: memory[1], 'ephemeral-storage': sizeLimit },
    },
    volume: name,
    mountPath: COPY_DIRECTORY,
  };
  const volume = { name, mountPath, readOnly: true, source: { emptyDir: { sizeLimit } } };
  return { volume, initContainers: [copy] };
}

/**
 * Checks that a copy of the image's directory can be made, and leaves room for the container's log.
 *
 * @param storageBytes the container's limit of ephemeral storage
 * @throws SynthError TOOL_IMAGE_INVALID, STORAGE_OVERCOMMITTED
 */
export function checkCopy({ directory, maxBytes }: ToolImage, storageBytes: number, path: string): void {
  if (overlap(directory, COPY_DIRECTORY)) {
    throw new SynthError('TOOL_IMAGE_INVALID', path, {
      message: `the tools are copied from "${directory}" to "${COPY_DIRECTORY}", and one is inside of the other`,
      remedy: 'Put the tools into a directory of their own: /tools',
    });
  }
  if (maxBytes + LOG_BYTES <= storageBytes) return;
  throw new SynthError('STORAGE_OVERCOMMITTED', path, {
    message: `a copy of the tools of ${mib(maxBytes)} and ${mib(LOG_BYTES)} of logs are above the container's limit of ${mib(storageBytes)} of ephemeral storage`,
    remedy: 'Raise resources.ephemeralStorage.limit, or lower maxSize of the source',
  });
}

function quantityOf(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024;
  return Number.isInteger(mebibytes) ? `${mebibytes}Mi` : `${Math.ceil(bytes / 1024)}Ki`;
}

const overlap = (a: string, b: string) => a === '/' || `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
