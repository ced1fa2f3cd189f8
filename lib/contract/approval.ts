import { z } from 'zod';
import { dnsLabel, toolName } from './fields';
import { roleName } from './role';
import { keptFor } from './sessions';

const DAY_MS = 86_400_000;

/** Who may approve: users with one of these roles. */
export const approverRoles = z.array(roleName).min(1);

/** How calls of tools are approved that wait for a person. */
export const approvals = z
  .strictObject({
    approverRoles: approverRoles.describe('Users that may approve calls: those with one of these roles.'),
    ownRequests: z.boolean().default(false).describe('Whether they may approve calls of their own requests.'),
    timeoutMs: keptFor.default(DAY_MS).describe('How long a call waits. After that it counts as denied.'),
  })
  .describe('Who approves the calls of tools that need it; absent: no tool needs it.');

const approvalId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of an approval')
  .describe('Id of what is to be approved.');

const pendingCall = z.strictObject({
  id: z.string().describe('Id of the call.'),
  toolset: dnsLabel,
  tool: toolName.describe('Name of the tool in its toolset.'),
  input: z.json(),
});

/** The calls of a run that wait to be approved, as the answer of the run says it. */
export const pendingApproval = z.strictObject({
  id: approvalId,
  expiresAt: z.iso.datetime().describe('When calls that nobody has approved count as denied.'),
  calls: z.array(pendingCall).min(1),
});

const decision = z.strictObject({
  approved: z.boolean(),
  by: z.string().describe('The user who has decided.'),
  at: z.iso.datetime(),
  reason: z.string().optional(),
});

/** The same, as approvers see it. */
export const approval = pendingApproval.extend({
  agent: dnsLabel,
  user: z.string().describe('For whom the agent would make the calls.'),
  requestedAt: z.iso.datetime(),
  calls: z.array(pendingCall.extend({ decision: decision.optional() })).min(1),
});

/** Answer of `GET /v1/approvals/<agent>`: what waits and is not decided yet. */
export const approvalList = z.strictObject({ approvals: z.array(approval) });

/** Body of `POST /v1/approvals/<agent>`. */
export const approvalDecision = z.strictObject({
  id: approvalId,
  approved: z.boolean().describe('Whether the calls may be made.'),
  calls: z.array(z.string()).min(1).max(1000).optional().describe('Ids of the calls that it is about; absent: all.'),
  reason: z.string().min(1).max(1000).optional().describe('Why; the model reads it of a call that is denied.'),
});

/** Body of `POST /approvals/list` of an agent. */
export const approvalQuery = z.strictObject({});

export type ApprovalsInput = z.input<typeof approvals>;
export type Approval = z.output<typeof approval>;
export type ApprovalDecision = z.output<typeof approvalDecision>;
export type PendingApproval = z.output<typeof pendingApproval>;
