import { z } from 'zod';
import { agentCard } from './agent-card';
import { approvals } from './approval';
import { agentLimits } from './agent-limits';
import { agentRules } from './agent-tool';
import { checkArgumentRules } from './argument-rules';
import { documentHead, type DocumentDefinition } from './document';
import { bytes, dnsLabel, listen, shutdown } from './fields';
import { AGENT_ARGUMENTS } from './invoke';
import { model } from './model';
import { modelPrice } from './model-price';
import { checkOutputSchema, outputSchema } from './output-schema';
import { allowedRoles } from './role';
import { sessions } from './sessions';
import { agentIdentity } from './service-identity';
import { agentTracing } from './tracing';
import { boundTool, refuseDuplicateToolNames, toolsetBinding } from './tool-binding';

const agentToolset = toolsetBinding.extend({
  tools: z
    .array(
      boundTool.extend({
        needsApproval: z
          .boolean()
          .optional()
          .describe('Whether each call of it waits until a person has approved it; absent: none does.'),
      }),
    )
    .min(1)
    .describe('Tools that may be used; no others are offered or called.'),
});

const schema = z
  .strictObject({
    ...documentHead('Agent'),
    name: dnsLabel,
    namespace: dnsLabel,
    listen,
    identity: agentIdentity,
    allowedRoles: allowedRoles.describe('Users that may invoke it: a list of roles, or `*` for all.'),
    argumentRules: agentRules,
    card: agentCard,
    prompt: z.string().min(1).describe('System prompt.'),
    model,
    price: modelPrice.optional(),
    limits: agentLimits,
    outputSchema,
    sessions: sessions.optional(),
    approvals: approvals.optional(),
    toolsets: z.array(agentToolset).describe('Tools that the model may call.'),
    tracing: agentTracing.optional(),
    maxBodyBytes: bytes.default(1_048_576).describe('Largest request body.'),
    shutdown,
  })
  .superRefine((document, context) => {
    refuseDuplicateToolNames(document.toolsets, context);
    checkArgumentRules(document, context, AGENT_ARGUMENTS);
    checkOutputSchema(document, context);
    checkApprovals(document, context);
    if (document.limits.maxCost !== undefined && document.price === undefined) {
      context.addIssue({ code: 'custom', path: ['limits', 'maxCost'], message: 'needs the `price` of the model' });
    }
  });

/** What waits for a person has to outlast the process. */
function checkApprovals(
  {
    toolsets,
    approvals: approved,
    sessions: kept,
  }: Pick<z.output<typeof schema>, 'toolsets' | 'approvals' | 'sessions'>,
  context: z.RefinementCtx,
): void {
  if (approved !== undefined && (kept === undefined || kept.store.kind === 'memory')) {
    const message = 'needs `sessions` with a store that outlasts the pod: `volume`, `valkey` or `postgres`';
    context.addIssue({ code: 'custom', path: ['approvals'], message });
  }
  toolsets.forEach(({ tools }, i) => {
    tools.forEach(({ needsApproval }, j) => {
      if (needsApproval !== true || approved !== undefined) return;
      const path = ['toolsets', i, 'tools', j, 'needsApproval'];
      context.addIssue({ code: 'custom', path, message: 'needs `approvals`, which say who may approve' });
    });
  });
}

/** `agent.json`: the agent that an agent runtime is. */
export const agentDocument: DocumentDefinition<typeof schema> = { kind: 'Agent', file: 'agent.json', schema };
/** A toolset of an agent, and the tools of it that it may use. */
export type AgentToolset = z.output<typeof agentToolset>;
export type AgentDocument = z.output<typeof schema>;
export type AgentDocumentInput = z.input<typeof schema>;
