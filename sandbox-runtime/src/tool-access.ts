import type { CheckedCaller } from '@agentyard/runtime-kit';
import { admits, ArgumentRules, type ToolsetDocument, type UnmetRule } from 'agentyard/contract';

type Tool = ToolsetDocument['tools'][number];

/** Who calls the toolset, and for whom. */
export type ToolsetCaller = CheckedCaller<ToolsetDocument['identity']['callers'][number]>;

/** Why a tool may not be called, for the audit line; its caller learns only that there is no such tool. */
export type DenialReason =
  /** The toolset has none of this name. */
  | 'tool-unknown'
  /** It may not be called by this service. */
  | 'tool-not-granted'
  /** This service may call it for a user, and there is none. */
  | 'no-user'
  /** The user has none of its roles. */
  | 'role-missing';

/** Why a call that its caller may make is not made with these arguments, which it is told. */
export const ARGUMENTS_REFUSED = 'arguments-refused';

/** Which tools there are for a caller and its user. */
export class ToolAccess {
  private readonly argumentRules: ReadonlyMap<string, ArgumentRules | undefined>;

  public constructor(private readonly tools: readonly Tool[]) {
    this.argumentRules = new Map(tools.map((tool) => [tool.name, ArgumentRules.of(tool)]));
  }

  /** The tools that may be called, in the order of the document. */
  public allowed(by: ToolsetCaller): Tool[] {
    return this.tools.filter((tool) => denialOf(tool, by) === undefined);
  }

  /** The tool of a name, or why there is none. */
  public find(name: string, by: ToolsetCaller): Tool | DenialReason {
    const tool = this.tools.find((candidate) => candidate.name === name);
    return tool === undefined ? 'tool-unknown' : (denialOf(tool, by) ?? tool);
  }

  /** What the arguments for a tool that may be called do not meet; nothing if they may be given to it. */
  public unmet({ name: tool }: Tool, input: unknown, { user }: ToolsetCaller): readonly UnmetRule[] {
    return this.argumentRules.get(tool)?.unmetBy(input, { user, tool }) ?? [];
  }
}

/** A user's call needs the grant of the caller and a role of the user; without a user only the caller's own count. */
function denialOf({ name, allowedRoles }: Tool, { caller, user }: ToolsetCaller): DenialReason | undefined {
  if (user === undefined) {
    if (caller.ownTools.includes(name)) return undefined;
    return caller.tools.includes(name) ? 'no-user' : 'tool-not-granted';
  }
  if (!caller.tools.includes(name)) return 'tool-not-granted';
  return admits(allowedRoles, user.roles) ? undefined : 'role-missing';
}
