import { z } from 'zod';
import { absolutePath, toolName } from './fields';

/** Who a service is to the ones that it calls: `agentyard:<namespace>/<name>`. Never the audience of a user's token. */
export const serviceAudience = z
  .string()
  .regex(/^agentyard:[a-z0-9-]+\/[a-z0-9-]+$/, 'must be agentyard:<namespace>/<name>');

/** `sub` of the tokens of a ServiceAccount. */
export const serviceSubject = z
  .string()
  .regex(
    /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/,
    'must be system:serviceaccount:<namespace>:<ServiceAccount>',
  );

/** The token that a caller shows to one callee: a projected token of its ServiceAccount. */
export const serviceToken = z
  .strictObject({
    audience: serviceAudience.describe('For whom it is: the callee alone.'),
    file: absolutePath.describe('File with the token, which the kubelet renews.'),
  })
  .describe('What shows the callee who calls.');

const caller = {
  name: z.string().min(1).describe('What it is called in logs.'),
  subject: serviceSubject.describe('`sub` of its ServiceAccount tokens.'),
  claimIssuers: z.array(serviceAudience).default([]).describe('Gateways whose user claims it may bring.'),
};

const identity = {
  audience: serviceAudience.describe('Audience that callers’ tokens must have.'),
  trustBundleDirectory: absolutePath.describe(
    'Directory with the trust bundle, by which tokens and claims are checked.',
  ),
};

/** Two entries of one service: one of them would not count. */
function refuseDuplicateCallers(callers: readonly { readonly subject: string }[], context: z.RefinementCtx): void {
  callers.forEach(({ subject }, i) => {
    if (callers.findIndex((other) => other.subject === subject) === i) return;
    context.addIssue({ code: 'custom', path: ['callers', i, 'subject'], message: `"${subject}" is listed twice` });
  });
}

/** Who may call an agent. */
export const agentIdentity = z
  .strictObject({
    ...identity,
    subject: serviceSubject.describe('`sub` of its own tokens; user claims for it name it as `azp`.'),
    callers: z.array(
      z.strictObject({
        ...caller,
        withoutUser: z.boolean().default(false).describe('Whether it may call for no user: the agent acts for itself.'),
      }),
    ),
  })
  .superRefine(({ callers }, context) => refuseDuplicateCallers(callers, context))
  .describe('Who the agent is, and who may call it.');

/** Who may call a toolset, and which of its tools. */
export const toolsetIdentity = z
  .strictObject({
    ...identity,
    callers: z.array(
      z.strictObject({
        ...caller,
        tools: z.array(toolName).describe('Tools that it may call for a user whose roles allow it.'),
        ownTools: z.array(toolName).default([]).describe('Tools that it may call for itself, without a user.'),
      }),
    ),
  })
  .superRefine(({ callers }, context) => refuseDuplicateCallers(callers, context))
  .describe('Who may call the toolset.');

/** How a gateway says for whom it calls. */
export const gatewayIdentity = z
  .strictObject({
    issuer: serviceAudience.describe('`iss` of its user claims.'),
    subject: serviceSubject.describe('`sub` of its own tokens.'),
    signingKeysDirectory: absolutePath.describe('Directory with the keys that sign user claims.'),
  })
  .describe('Who the gateway is to agents and toolsets.');

export type AgentIdentity = z.output<typeof agentIdentity>;
export type ToolsetIdentity = z.output<typeof toolsetIdentity>;
export type GatewayIdentity = z.output<typeof gatewayIdentity>;
export type ServiceToken = z.output<typeof serviceToken>;
