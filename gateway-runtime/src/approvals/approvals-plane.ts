import { approvalDecision, type ApprovalDecision } from 'agentyard/contract';
import { HttpProblem, parseJson, readJsonBody, type Handler } from '@agentyard/runtime-kit';
import { INVOKE_ANSWER } from '../invoke/invoke-answer.js';
import { ROLE_MISSING } from '../pipeline/authorize.js';
import { lastSegment, type Endpoint, type Entered, type Entrance } from '../pipeline/entrance.js';
import { forward, type AgentBinding, type AgentRequest, type Forwarding } from '../pipeline/forward.js';

/** Agents follow, each with a path of its own. */
const APPROVALS = '/v1/approvals';

type Exchange = Parameters<Handler>;

/**
 * What waits at agents for a person: `GET /v1/approvals/<agent>` lists it, `POST` decides. Both are for users with a role of
 * an approver of that agent, also for those that may not invoke it. Who is none is told that there is nothing.
 */
export class ApprovalsPlane {
  public constructor(
    private readonly enter: Entrance,
    private readonly forwarding: Forwarding,
  ) {}

  public get endpoints(): readonly Endpoint[] {
    return [[`${APPROVALS}/*`, { GET: this.list, POST: this.decide }]];
  }

  private readonly list: Handler = async (...exchange) => {
    const entered = await this.enter('approvals', ...exchange);
    await this.pass(agentOf(entered, exchange), entered, exchange, { path: '/approvals/list', body: '{}' });
  };

  private readonly decide: Handler = async (...exchange) => {
    const [request] = exchange;
    const entered = await this.enter('approvals', ...exchange);
    const { state, audited } = entered;
    const agent = agentOf(entered, exchange);
    const sent = await readJsonBody(request, state.document.maxBodyBytes);
    audited.audit.noteBody(sent);
    const decision: ApprovalDecision = parseJson(sent, approvalDecision, state.jsonLimits);
    audited.audit.note({ approval: decision.id, approved: decision.approved });
    await this.pass(agent, entered, exchange, { path: '/approvals/decide', body: JSON.stringify(decision) });
  };

  private async pass(
    agent: AgentBinding,
    { state, audited, caller }: Entered,
    [, response]: Exchange,
    asked: Pick<AgentRequest, 'path' | 'body'>,
  ): Promise<void> {
    await forward(this.forwarding, {
      request: { ...asked, accept: 'application/json', form: INVOKE_ANSWER },
      task: undefined,
      backends: [{ agent: agent.name, weight: 1 }],
      affinity: undefined,
      isAboutWork: true,
      isForAgentAlone: true,
      agents: state.agents,
      caller,
      identity: state.identity,
      overload: state.overload,
      response,
      context: audited,
    });
  }
}

/** The agent of a path, if the caller is an approver of it. */
function agentOf({ state, audited: { audit }, caller }: Entered, [request]: Exchange): AgentBinding {
  const name = lastSegment(request);
  const agent = state.agents.get(name);
  const roles: Iterable<string> = caller.roles;
  const isApprover = agent?.approverRoles?.some((role) => new Set(roles).has(role)) === true;
  if (agent !== undefined) audit.note({ agent: name });
  if (agent !== undefined && isApprover) return agent;
  audit.deny(agent?.approverRoles === undefined ? 'agent-unknown' : ROLE_MISSING);
  throw new HttpProblem('agent-unknown', 'No agent of this name has anything for you to approve.');
}
