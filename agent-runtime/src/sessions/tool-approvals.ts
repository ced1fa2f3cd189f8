import type { AgentDocument } from 'agentyard/contract';
import type { ModelMessage, ToolApprovalStatus } from 'ai';
import type { Resumption } from './paused-run.js';

/** What the model is told where nobody could be asked. */
const NOBODY_TO_ASK =
  'The call was not made: a person has to approve it, and only requests of POST /v1/invoke can wait for that.';

/** Which tools of an agent wait for a person. */
export class ToolApprovals {
  private readonly names: ReadonlySet<string>;

  public constructor({ toolsets }: Pick<AgentDocument, 'toolsets'>) {
    const tools = toolsets.flatMap((toolset) => toolset.tools);
    this.names = new Set(tools.filter(({ needsApproval }) => needsApproval === true).map(({ as }) => as));
  }

  /** Whether calls of a tool wait. @param name under which it is offered */
  public isNeededFor(name: string): boolean {
    return this.names.has(name);
  }

  /** What becomes of a call before it is made. @param canWait whether the request can wait */
  public statusOf(name: string, canWait: boolean): ToolApprovalStatus {
    if (!this.isNeededFor(name)) return undefined;
    return canWait ? 'user-approval' : { type: 'denied', reason: NOBODY_TO_ASK };
  }
}

/** What the model is told of a call whose tool has gone, or is no longer for this user. */
const TOOL_GONE = 'The call was approved, and not made: its tool is not there at present.';

/** What was decided, as the model's messages have it. @param isOffered whether a tool is there, by the name it is offered under */
export function verdictMessage({ run, verdicts }: Resumption, isOffered: (name: string) => boolean): ModelMessage {
  return {
    role: 'tool',
    content: run.calls.map(({ id, approvalId, name }) => {
      const { approved = false, reason } = verdicts.get(id) ?? {};
      if (approved && !isOffered(name)) {
        return { type: 'tool-approval-response', approvalId, approved: false, reason: TOOL_GONE };
      }
      return { type: 'tool-approval-response', approvalId, approved, reason };
    }),
  };
}
