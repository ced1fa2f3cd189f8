import type { Size } from 'cdk8s';
import type { ImagePullPolicy } from 'cdk8s-plus-29';
import type { ToolDeclarations } from './tool-declaration';

/** Options of tools that come in an image. */
export interface ToolImageOptions extends ToolDeclarations {
  /**
   * Absolute path of the tools' directory in the image. Tools see this directory, and nothing else of the image.
   * @default '/tools'
   */
  readonly directory?: string;
  /**
   * File below the directory that exports the tools which name none of their own: an ES module, `.mjs` or `.js`.
   * @default - each tool names its module
   */
  readonly entryModule?: string;
  /**
   * When the node pulls the image.
   * @default - always for the tag `latest`, else if it is not there
   */
  readonly imagePullPolicy?: ImagePullPolicy;
  /**
   * Where the cluster has no image volumes, what the image runs to copy the directory: two arguments follow, the directory
   * with `/.` behind it, and one that is there and empty. Needed there for images without `cp`.
   * @default - `cp -R`
   */
  readonly copyCommand?: string[];
  /**
   * Most that this copy may take of the node's disk; counts towards the ephemeral storage of the pod.
   * @default Size.mebibytes(128)
   */
  readonly maxSize?: Size;
}
