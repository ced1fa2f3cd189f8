import { z } from 'zod';
import { agentCard } from './agent-card';
import { agentRules } from './agent-tool';
import { checkArgumentRules } from './argument-rules';
import { documentHead, type DocumentDefinition } from './document';
import { bytes, dnsLabel, listen, milliseconds, shutdown } from './fields';
import { AGENT_ARGUMENTS } from './invoke';
import { model } from './model';
import { allowedRoles } from './role';
import { agentIdentity } from './service-identity';
import { refuseDuplicateToolNames, toolsetBinding } from './tool-binding';

const limits = z
  .strictObject({
    maxTurns: z.int().min(1).max(1000).default(8).describe('Most calls of the model in one request.'),
    maxTotalTokens: z.int().min(1).optional().describe('Most tokens, in and out, of one request; absent: no limit.'),
    timeoutMs: milliseconds.default(120_000).describe('Longest time for one request.'),
  })
  .describe('Limits of one request. Crossing one ends it with a result that says which.');

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
    limits,
    toolsets: z.array(toolsetBinding).describe('Tools that the model may call.'),
    maxBodyBytes: bytes.default(1_048_576).describe('Largest request body.'),
    shutdown,
  })
  .superRefine((document, context) => {
    refuseDuplicateToolNames(document.toolsets, context);
    checkArgumentRules(document, context, AGENT_ARGUMENTS);
  });

/** `agent.json`: the agent that an agent runtime is. */
export const agentDocument: DocumentDefinition<typeof schema> = { kind: 'Agent', file: 'agent.json', schema };
export type AgentDocument = z.output<typeof schema>;
export type AgentDocumentInput = z.input<typeof schema>;
