import type { IncomingMessage } from 'node:http';
import {
  auditRefusal,
  CallerRefused,
  readJson,
  sendJson,
  type Handler,
  type RequestContext,
  type Routes,
  type TrustStore,
} from '@agentyard/runtime-kit';
import { approvalDecision, approvalQuery, type AgentDocument, type Approval } from 'agentyard/contract';
import { InvokerCheck } from './invoker-check.js';
import type { Approvals, Approver } from './sessions/approvals.js';

/**
 * Where approvers see what waits and decide about it, if calls of the agent wait for somebody: `POST /approvals/list` and
 * `POST /approvals/decide`. Both are for users with a role of an approver, also for those that may not invoke the agent.
 */
export function approvalRoutes(document: AgentDocument, trust: TrustStore, approvals: Approvals | undefined): Routes {
  if (approvals === undefined || document.approvals === undefined) return {};
  const { identity, maxBodyBytes, approvals: config } = document;
  const check = new InvokerCheck(trust, { identity, allowedRoles: config.approverRoles });
  const list: Handler = async (request, response, context) => {
    const approver = await approverOf(check, request, context);
    await readJson(request, maxBodyBytes, approvalQuery);
    sendJson(response, 200, { approvals: await approvals.pendingFor(approver) });
  };
  const decide: Handler = async (request, response, context) => {
    const approver = await approverOf(check, request, context);
    const decision = await readJson(request, maxBodyBytes, approvalDecision);
    context.annotate({ type: 'audit', decision: 'denied', approval: decision.id });
    const decided = await approvals.decide(approver, decision);
    context.annotate({ decision: 'allowed', ...facts(decided, decision.approved, decision.calls) });
    sendJson(response, 200, decided);
  };
  return { '/approvals/list': { POST: list }, '/approvals/decide': { POST: decide } };
}

/** @throws CallerRefused also for a service that calls for nobody: people approve */
async function approverOf(check: InvokerCheck, request: IncomingMessage, context: RequestContext): Promise<Approver> {
  const { owner, user } = await check.admit(request, context);
  if (user !== undefined) return { owner, user };
  return auditRefusal(context, () => Promise.reject(new CallerRefused('caller-refused', 'no-user')));
}

/** What the line of a decision says of it: what may be done for whom, and no arguments. */
function facts({ calls, user }: Approval, approved: boolean, ids: readonly string[] | undefined) {
  const chosen = calls.filter(({ id }) => ids?.includes(id) ?? true);
  const tools = [...new Set(chosen.map(({ toolset, tool }) => `${toolset}/${tool}`))];
  return { approved, requester: user, tools };
}
