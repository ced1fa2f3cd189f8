import type { DocumentFile } from '@agentyard/runtime-kit';
import type { egressProxyDocument } from 'agentyard/contract';
import type { WorkDirectory } from './work-directory.js';

/** The file that the proxy starts from. */
export interface StartingDocument {
  readonly path: string;
  /** Why it is not the mounted one. */
  readonly refused?: Error;
}

/** The mounted document; if that is wrong, the last good one of an earlier run in this pod, if there is one. */
export async function documentToStartFrom(
  mounted: DocumentFile<typeof egressProxyDocument>,
  work: WorkDirectory,
): Promise<StartingDocument> {
  try {
    await mounted.read();
  } catch (error) {
    if ((await work.kept()) !== undefined) return { path: work.lastGood, refused: error as Error };
  }
  return { path: mounted.path };
}
