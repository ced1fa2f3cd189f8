import { Size } from 'cdk8s';
import { SynthError } from '../lib/errors/synth-error';
import { secretIn } from '../lib/hardening/secret-text';
import { toolsOfCommand, type ToolCommand } from '../lib/synth/tool-command';
import { checkToolImage, toolsOfImage, type ToolImage } from '../lib/synth/tool-image';
import { bundleDirectory, type BundledTools } from '../lib/synth/toolset-source';
import { sizeInBytes } from '../lib/workload/resources';
import type { ToolDeclarations } from './tool-declaration';
import type { ToolImageOptions } from './tool-image-options';

const USUAL_DIRECTORY = '/tools';
const USUAL_COPY_COMMAND = ['cp', '-R'];
const USUAL_SIZE = Size.mebibytes(128);

/** Where the code of a toolset comes from. */
export class ToolSource {
  /**
   * A directory with a `toolset.manifest.json` that declares the tools, and their code in TypeScript or JavaScript.
   * Each module is bundled to a single file with all that it imports.
   *
   * Throws PATH_NOT_ABSOLUTE, FILE_UNREADABLE, TOOL_MANIFEST_INVALID and TOOL_BUNDLE_FAILED.
   *
   * @param directory absolute path, for example `path.join(__dirname, 'tools')`
   */
  public static fromDirectory(directory: string): ToolSource {
    return new ToolSource(bundleDirectory(directory));
  }

  /**
   * A directory of an image: modules that are built, with all that they import beside them. What the tools are is declared
   * here, and the toolset is not ready if the modules export others. It is mounted where the cluster has image volumes
   * (`ClusterProfile`), and copied by an init container of this image where it has none.
   *
   * Throws TOOL_IMAGE_INVALID, TOOL_MANIFEST_INVALID, PATH_NOT_ABSOLUTE and FILE_UNREADABLE.
   *
   * @param image its reference, best with a digest: `registry.example.com/tools@sha256:...`
   */
  public static fromImage(image: string, options: ToolImageOptions): ToolSource {
    const toolImage: ToolImage = {
      reference: image,
      directory: options.directory ?? USUAL_DIRECTORY,
      pullPolicy: options.imagePullPolicy,
      copyCommand: options.copyCommand ?? USUAL_COPY_COMMAND,
      maxBytes: sizeInBytes(options.maxSize ?? USUAL_SIZE),
    };
    checkToolImage(toolImage);
    return new ToolSource(toolsOfImage(toolImage, options), toolImage);
  }

  /**
   * A stdio MCP server that has the tools: a program of the toolset's own `image`, which is needed with it. One process
   * serves all users, so that it must keep nothing of one user that another could get. The toolset is not ready while the
   * server has other tools than are declared here.
   *
   * Throws TOOL_COMMAND_INVALID, TOOL_MANIFEST_INVALID, SECRET_IN_TEXT, PATH_NOT_ABSOLUTE and FILE_UNREADABLE.
   *
   * @param command program and arguments; no shell reads them
   */
  public static command(command: string[], declarations: ToolDeclarations): ToolSource {
    const server: ToolCommand = { command };
    refuseSecret(command);
    return new ToolSource(toolsOfCommand(server, declarations), undefined, server);
  }

  /** @internal */
  public readonly _bundle: BundledTools;
  /** The image that has the code; absent if it comes with the manifests. @internal */
  public readonly _image?: ToolImage;
  /** The server that has the tools; absent if modules have them. @internal */
  public readonly _server?: ToolCommand;

  private constructor(bundle: BundledTools, image?: ToolImage, server?: ToolCommand) {
    this._bundle = bundle;
    this._image = image;
    this._server = server;
  }
}

function refuseSecret(command: readonly string[]): void {
  const secret = secretIn(command.join(' '));
  if (secret === undefined) return;
  throw new SynthError('SECRET_IN_TEXT', `ToolSource.command(${command[0] ?? ''})`, {
    message: `its arguments have what looks like ${secret}`,
    remedy: 'Give it in a variable from a Secret (env, toolEnvironment), and revoke it if it is real',
  });
}
