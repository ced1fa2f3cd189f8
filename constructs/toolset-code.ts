import type { IConstruct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { splitIntoConfigMaps } from '../lib/synth/config-map-size';
import type { ToolImage } from '../lib/synth/tool-image';
import { storageLimitBytes } from '../lib/workload/resources';
import type { InitContainer } from '../lib/workload/init-container';
import { checkCopy, copiedToolImage, mountedToolImage } from '../lib/workload/tool-image';
import type { MountedVolume } from '../lib/workload/volumes';
import { ClusterProfile } from './cluster-profile';
import type { ToolsetProps } from './toolset';

/** Name of the volume that has the code. */
const VOLUME = 'tools';

/** A ConfigMap with code, and its files. */
interface CodeConfigMap {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/** How the code of a toolset comes into its pods. */
export interface ToolsetCode {
  /** At most one; none where the toolset's image has the code. */
  readonly volumes: readonly MountedVolume[];
  readonly initContainers: readonly InitContainer[];
  readonly configMaps: readonly CodeConfigMap[];
}

/**
 * How the code comes into the pods of a toolset.
 *
 * @param mountPath where the runtime finds it
 */
export function toolsetCode(toolset: IConstruct, props: ToolsetProps, mountPath: string): ToolsetCode {
  const { _image: image, _server: server, _bundle: bundle } = props.source;
  if (server !== undefined) return serverCode(toolset, props);
  if (image !== undefined) return imageCode(toolset, image, props, mountPath);
  return bundledCode(toolset, bundle.modules, mountPath);
}

function imageCode(toolset: IConstruct, image: ToolImage, { resources }: ToolsetProps, mountPath: string): ToolsetCode {
  warnOfTag(toolset, image);
  const mounts = ClusterProfile.of(toolset)._imageVolumes;
  if (!mounts) deferFault(toolset, () => checkCopy(image, storageLimitBytes(resources), toolset.node.path), undefined);
  const { volume, initContainers } = (mounts ? mountedToolImage : copiedToolImage)(image, VOLUME, mountPath);
  return { volumes: [volume], initContainers, configMaps: [] };
}

/** The image of the toolset has the server; what is for a process of each call has no meaning. */
function serverCode(toolset: IConstruct, props: ToolsetProps): ToolsetCode {
  const { image, allowSubprocesses, warmProcesses } = props;
  // A runtime class is for the whole pod.
  const isolation = props.isolation?._runtimeClassName === undefined ? props.isolation : undefined;
  if (image === undefined) {
    const message = 'its tools are in a server, and the image of the runtime has none';
    const remedy = 'Give image: one that is made from that of the sandbox runtime, with the server in it';
    reportFault(toolset, new SynthError('TOOL_COMMAND_INVALID', toolset, { message, remedy }));
  }
  for (const [option, value] of Object.entries({ allowSubprocesses, warmProcesses, isolation })) {
    if (value === undefined) continue;
    const message = `${option} is for tools that run in a process for each call, and a server has these`;
    reportFault(toolset, new SynthError('OPTION_UNSUPPORTED', toolset, { message, remedy: 'Leave it out' }));
  }
  return { volumes: [], initContainers: [], configMaps: [] };
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
  return { volumes: [volume], initContainers: [], configMaps };
}

/** What runs is what was reviewed only if the reference says which content it is of. */
function warnOfTag(toolset: IConstruct, { reference }: ToolImage): void {
  if (reference.includes('@')) return;
  warn(toolset, 'TOOL_IMAGE_UNPINNED', {
    message: `the image "${reference}" of its tools has no digest, so that its registry decides which code runs`,
    remedy: 'Give the digest: <name>@sha256:<64 hexadecimal digits>',
  });
}
