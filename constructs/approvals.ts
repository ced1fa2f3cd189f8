import type { IConstruct } from 'constructs';
import {
  ANY_CALLER,
  LONGEST_KEPT_MS,
  type AgentDocumentInput,
  type ApprovalsInput,
  type ToolsetBinding,
} from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { bindTools } from '../lib/synth/tool-names';
import { rangedDuration } from '../lib/workload/ranged-number';
import type { ApprovalOptions } from './approval-options';
import type { Role } from './role';
import type { Sessions } from './sessions';

/** What an agent says of calls that wait. */
interface ApprovalProps {
  readonly sessions?: Sessions;
  readonly approvals?: ApprovalOptions;
}

/** Roles that approve. */
export function approversOf({ approvals }: ApprovalProps): readonly Role[] {
  return approvals?.approvers ?? [];
}

/** The section of the agent's document. What is wrong is reported, and then fails the synthesis. */
export function approvalsSection(
  place: IConstruct,
  { sessions, approvals }: ApprovalProps,
): ApprovalsInput | undefined {
  if (approvals === undefined) return undefined;
  const { approvers, ownRequests, timeout } = approvals;
  const roles = [...new Set(approvers.map(({ roleName }) => roleName))].sort();
  const fault = roles.length === 0 ? NOBODY : roles.includes(ANY_CALLER) ? EVERYBODY : undefined;
  if (fault !== undefined) reportFault(place, new SynthError('APPROVERS_INVALID', place, fault));
  if (sessions?._outlastPods !== true) reportFault(place, new SynthError('APPROVALS_NEED_STORE', place, FORGOTTEN));
  const range = { least: 1_000, most: LONGEST_KEPT_MS };
  return { approverRoles: roles, ownRequests, timeoutMs: rangedDuration(place, 'approvals.timeout', timeout, range) };
}

/** The toolsets of an agent, with the tools marked that wait. */
export function markApprovals(
  place: IConstruct,
  toolsets: readonly ToolsetBinding[] | undefined,
  { approvals }: ApprovalProps,
): AgentDocumentInput['toolsets'] {
  // Their own fault is reported already.
  if (toolsets === undefined) return [];
  const waiting = deferFault(
    place,
    () =>
      bindTools(
        (approvals?.tools ?? []).map((tool) => tool._use()),
        place.node.path,
      ),
    [],
  );
  const asked = new Set(waiting.flatMap(({ name, tools }) => tools.map((tool) => `${name}/${tool.name}`)));
  const marked = toolsets.map((toolset) => ({
    ...toolset,
    tools: toolset.tools.map((tool) => {
      const isMarked = asked.delete(`${toolset.name}/${tool.name}`);
      return isMarked ? { ...tool, needsApproval: true } : tool;
    }),
  }));
  for (const tool of asked) reportFault(place, new SynthError('TOOL_UNKNOWN', place, notOfAgent(tool)));
  return marked;
}

const NOBODY: SynthFault = { message: 'approvals.approvers is empty', remedy: 'Name the roles that may approve' };

const EVERYBODY: SynthFault = {
  message: 'approvals.approvers has Role.anyCaller()',
  remedy: 'Name the roles that may approve',
};

const FORGOTTEN: SynthFault = {
  message: 'calls of its tools wait for approval, and nothing keeps them when a pod is replaced',
  remedy: 'Give it sessions: Sessions.inStore(...), Sessions.inDatabase(...) or Sessions.onVolume(...)',
};

function notOfAgent(tool: string): SynthFault {
  return {
    message: `approvals.tools has "${tool}", which is none of its tools`,
    remedy: 'Give the agent this tool, or leave it out',
  };
}
