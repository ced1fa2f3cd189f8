import type { ToolUse } from '../lib/synth/tool-names';
import type { Caller } from './callers';
import type { Role } from './role';
import type { Workload } from './workload';

/** Whatever can be given to an agent or gateway as tools: one tool of a toolset, or a whole toolset. */
export interface ITool {
  /** Names of the tools. */
  readonly toolNames: string[];
  /** @internal */
  _use(): ToolUse;
  /** Lets a service call them for users whose roles allow it. @internal */
  _admit(caller: Caller): void;
  /** The roles that each of them asks for, by its name: those that may call it, and those that its rules tell apart. @internal */
  readonly _roles: ReadonlyMap<string, readonly Role[]>;
  /** @internal */
  readonly _workload: Workload;
}
