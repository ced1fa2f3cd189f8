import { bundleDirectory, type BundledTools } from '../lib/synth/toolset-source';

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

  /** @internal */
  public readonly _bundle: BundledTools;

  private constructor(bundle: BundledTools) {
    this._bundle = bundle;
  }
}
