import type { ToolUse } from '../lib/synth/tool-names';
import type { Workload } from './workload';

/** Whatever can be given to an agent or gateway as tools: one tool of a toolset, or a whole toolset. */
export interface ITool {
  /** Names of the tools. */
  readonly toolNames: string[];
  /** @internal */
  _use(): ToolUse;
  /** @internal */
  readonly _workload: Workload;
}
