import { z } from 'zod';
import { agentCard } from './agent-card';
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
import { agentIdentity } from './service-identity';
import { agentTracing } from './tracing';
import { refuseDuplicateToolNames, toolsetBinding } from './tool-binding';

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
    toolsets: z.array(toolsetBinding).describe('Tools that the model may call.'),
    tracing: agentTracing.optional(),
    maxBodyBytes: bytes.default(1_048_576).describe('Largest request body.'),
    shutdown,
  })
  .superRefine((document, context) => {
    refuseDuplicateToolNames(document.toolsets, context);
    checkArgumentRules(document, context, AGENT_ARGUMENTS);
    checkOutputSchema(document, context);
    if (document.limits.maxCost !== undefined && document.price === undefined) {
      context.addIssue({ code: 'custom', path: ['limits', 'maxCost'], message: 'needs the `price` of the model' });
    }
  });

/** `agent.json`: the agent that an agent runtime is. */
export const agentDocument: DocumentDefinition<typeof schema> = { kind: 'Agent', file: 'agent.json', schema };
export type AgentDocument = z.output<typeof schema>;
export type AgentDocumentInput = z.input<typeof schema>;
