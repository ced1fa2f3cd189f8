import type { IConstruct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { warn } from '../lib/errors/warning';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import type { ToolImage } from '../lib/synth/tool-image';
import { storageLimitBytes } from '../lib/workload/resources';
import { checkCopy, copiedToolImage, mountedToolImage, type ToolImageParts } from '../lib/workload/tool-image';
import { ClusterProfile } from './cluster-profile';
import type { PodOptions } from './pod-options';
import type { ToolSource } from './tool-source';

/** Name of the volume that has the code. */
const VOLUME = 'tools';

/** A ConfigMap with code, and its files. */
interface CodeConfigMap {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/** How the code of a toolset comes into its pods. */
export interface ToolsetCode extends ToolImageParts {
  readonly configMaps: readonly CodeConfigMap[];
}

/**
 * How the code comes into the pods of a toolset.
 *
 * @param mountPath where the runtime finds it
 */
export function toolsetCode(
  toolset: IConstruct,
  source: ToolSource,
  { resources }: PodOptions,
  mountPath: string,
): ToolsetCode {
  const { _image: image, _bundle: bundle } = source;
  if (image === undefined) return bundledCode(toolset, bundle.modules, mountPath);
  warnOfTag(toolset, image);
  const { _imageVolumes: mounts } = ClusterProfile.of(toolset);
  if (mounts) return { ...mountedToolImage(image, VOLUME, mountPath), configMaps: [] };
  deferFault(toolset, () => checkCopy(image, storageLimitBytes(resources), toolset.node.path), undefined);
  return { ...copiedToolImage(image, VOLUME, mountPath), configMaps: [] };
}

function bundledCode(toolset: IConstruct, modules: Readonly<Record<string, string>>, mountPath: string): ToolsetCode {
  const files = deferFault(toolset, () => splitIntoConfigMaps(modules, toolset.node.path), []);
  const configMaps = files.map((data, i) => {
    return { name: `${toolset.node.id}-tools${i === 0 ? '' : `-${i + 1}`}`, data };
  });
  const sources = configMaps.map(({ name, data }) => ({
    configMap: { name, items: Object.keys(data).map((key) => ({ key, path: key })) },
  }));
  const volume = { name: VOLUME, mountPath, readOnly: true, source: { projected: { sources } } };
  return { volume, initContainers: [], configMaps };
}

/** What runs is what was reviewed only if the reference says which content it is of. */
function warnOfTag(toolset: IConstruct, { reference }: ToolImage): void {
  if (reference.includes('@')) return;
  warn(toolset, 'TOOL_IMAGE_UNPINNED', {
    message: `the image "${reference}" of its tools has no digest, so that its registry decides which code runs`,
    remedy: 'Give the digest: <name>@sha256:<64 hexadecimal digits>',
  });
}
