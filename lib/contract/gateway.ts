import { z } from 'zod';
import { agentRules, agentTools, checkAgentTools } from './agent-tool';
import { agentCard } from './agent-card';
import { approverRoles } from './approval';
import { documentHead, type DocumentDefinition } from './document';
import { toolPermission } from './argument-rule';
import { checkArgumentRules } from './argument-rules';
import { auth } from './auth';
import { door } from './door';
import { bytes, dnsLabel, host, listen, milliseconds, objectName, port, shutdown } from './fields';
import { AGENT_ARGUMENTS } from './invoke';
import { loadLimits } from './load-limits';
import { foreignNames, mcpServer, peers, type McpServer } from './mcp-server';
import { outlierDetection } from './outlier-detection';
import { modelPrice } from './model-price';
import { checkLimits, quota, rateLimit } from './rate-limit';
import { allowedRoles } from './role';
import { route } from './route';
import { gatewayIdentity, serviceAudience, serviceSubject, serviceToken } from './service-identity';
import { sharedStore } from './shared-store';
import { boundTool, refuseDuplicateToolNames, toolsetBinding } from './tool-binding';
import { refuseUntrustedSampling, tracing } from './tracing';
import { serverTls } from './transport-tls';

const agent = z
  .strictObject({
    name: dnsLabel.describe('Name of the agent.'),
    host: host.describe('Host name that resolves to the addresses of its ready pods.'),
    port,
    timeoutMs: milliseconds.describe('How long one invocation may take, queueing included.'),
    allowedRoles: allowedRoles.describe('Who may invoke it: a list of roles, or `*` for every caller.'),
    argumentRules: agentRules,
    keepsSessions: z
      .boolean()
      .optional()
      .describe('Whether it keeps conversations, and so is told the `sessionId` of a request; absent: no.'),
    approverRoles: approverRoles
      .optional()
      .describe('Who may see and decide what waits at it for approval; absent: nothing waits at it.'),
    serviceToken,
    subject: serviceSubject.describe(
      '`sub` of its ServiceAccount tokens: it alone may bring the user claims made for it.',
    ),
    claimAudiences: z
      .array(serviceAudience)
      .min(1)
      .describe('Audiences of user claims made for it: itself and its toolsets.'),
    card: agentCard,
    limits: loadLimits,
    price: modelPrice.optional(),
  })
  .superRefine((each, context) => checkArgumentRules(each, context, AGENT_ARGUMENTS));

const toolset = toolsetBinding.extend({
  tools: z
    .array(
      boundTool
        .extend({
          ...toolPermission,
          allowedRoles: allowedRoles.describe('Who may see and call it: a list of roles, or `*` for every caller.'),
        })
        .superRefine((each, context) => checkArgumentRules(each, context)),
    )
    .min(1)
    .describe('Tools that may be used; no others are offered or called.'),
  limits: loadLimits,
});

/** What of its namespace it watches through the Kubernetes API. */
const watch = z
  .strictObject({
    configMap: objectName.describe('ConfigMap that this document stands in.'),
    apiKeysSecret: objectName.optional().describe('Secret of the API keys; absent: the gateway takes none.'),
  })
  .describe(
    'What the gateway watches through the Kubernetes API, so that changes count within seconds; absent: mounted files.',
  );

/** What audit lines say beside who called what, and how it went. */
const audit = z
  .strictObject({
    hashes: z
      .boolean()
      .default(false)
      .describe('Whether lines of calls have keyed hashes (HMAC-SHA-256) of arguments and result.'),
    contents: z
      .boolean()
      .default(false)
      .describe('Whether they have arguments and result themselves, the first 16 KiB of each.'),
  })
  .describe('What audit lines say of arguments and results; absent: nothing.');

const schema = z
  .strictObject({
    ...documentHead('Gateway'),
    name: dnsLabel,
    namespace: dnsLabel,
    listen,
    tls: serverTls.optional(),
    ...door,
    auth,
    audit: audit.optional(),
    identity: gatewayIdentity,
    maxBodyBytes: bytes.default(1_048_576).describe('Largest request body.'),
    agents: z.array(agent).describe('Agents that the routes name.'),
    routes: z.array(route).describe('Routes of `POST /v1/invoke` and of `/a2a/<agent>`, highest priority first.'),
    toolsets: z.array(toolset).describe('Toolsets served under `/mcp`.'),
    mcpServers: z.array(mcpServer).default([]).describe('MCP servers of others, served under `/mcp` too.'),
    agentTools,
    foreignNames,
    peers: peers.optional(),
    outlierDetection,
    rateLimits: z
      .array(rateLimit)
      .max(100)
      .default([])
      .describe('How often callers may call; all that apply have to allow it.'),
    quotas: z.array(quota).max(100).default([]).describe('How much users may use in a day.'),
    store: sharedStore.optional(),
    watch: watch.optional(),
    tracing: tracing.optional(),
    shutdown,
  })
  .superRefine((document, context) => {
    const agents = new Set<string>();
    document.agents.forEach(({ name }, i) => {
      if (agents.has(name))
        context.addIssue({ code: 'custom', path: ['agents', i, 'name'], message: `agent "${name}" is listed twice` });
      agents.add(name);
    });
    const names = new Set<string>();
    document.routes.forEach((r, i) => {
      if (names.has(r.name))
        context.addIssue({ code: 'custom', path: ['routes', i, 'name'], message: `route "${r.name}" is listed twice` });
      names.add(r.name);
      if (r.match.by === 'agent' && !agents.has(r.match.agent)) {
        context.addIssue({
          code: 'custom',
          path: ['routes', i, 'match', 'agent'],
          message: `no agent "${r.match.agent}" in $.agents`,
        });
      }
      r.backends.forEach((backend, j) => {
        if (!agents.has(backend.agent)) {
          context.addIssue({
            code: 'custom',
            path: ['routes', i, 'backends', j, 'agent'],
            message: `no agent "${backend.agent}" in $.agents`,
          });
        }
      });
      if (r.backends.every((backend) => backend.weight === 0)) {
        context.addIssue({
          code: 'custom',
          path: ['routes', i, 'backends'],
          message: 'at least one weight must be above 0',
        });
      }
      if (r.affinity?.by === 'user' && document.auth.mode === 'none') {
        context.addIssue({
          code: 'custom',
          path: ['routes', i, 'affinity', 'by'],
          message: 'must be "session", since nobody is known where `auth` has the mode "none"',
        });
      }
    });
    refuseDuplicateToolNames(document.toolsets, context);
    refuseDuplicateServers(document, context);
    checkLimits(document, context);
    refuseUnknownIssuers(document, context);
    const takesKeys = document.auth.mode === 'credentials' && document.auth.apiKeys !== undefined;
    if (document.watch?.apiKeysSecret !== undefined && !takesKeys) {
      const message = 'the Secret of API keys is watched, and $.auth.apiKeys has none';
      context.addIssue({ code: 'custom', path: ['watch', 'apiKeysSecret'], message });
    }
    if (document.peers !== undefined && Object.values(document.listen).includes(document.peers.port)) {
      context.addIssue({
        code: 'custom',
        path: ['peers', 'port'],
        message: 'must be another port than those of `listen`',
      });
    }
  })
  .superRefine(checkAgentTools)
  .superRefine(refuseUntrustedSampling);

/** Toolsets and servers share the paths below `/mcp`; a tool of a server has one rule. */
function refuseDuplicateServers(
  {
    toolsets,
    mcpServers,
  }: { toolsets: readonly { name: string }[]; mcpServers: readonly z.output<typeof mcpServer>[] },
  context: z.RefinementCtx,
): void {
  const names = new Set(toolsets.map(({ name }) => name));
  mcpServers.forEach(({ name, tools }, i) => {
    if (names.has(name)) {
      const message = `"${name}" is the name of another toolset or server`;
      context.addIssue({ code: 'custom', path: ['mcpServers', i, 'name'], message });
    }
    names.add(name);
    tools.forEach((tool, j) => {
      if (tools.findIndex((other) => other.name === tool.name) === j) return;
      const path = ['mcpServers', i, 'tools', j, 'name'];
      context.addIssue({ code: 'custom', path, message: `"${tool.name}" is listed twice` });
    });
  });
}

/** Only tokens that the gateway takes itself can be exchanged. */
function refuseUnknownIssuers(
  { auth: callers, mcpServers }: { auth: z.output<typeof auth>; mcpServers: readonly McpServer[] },
  context: z.RefinementCtx,
): void {
  const issuers = callers.mode === 'credentials' ? callers.issuers.map(({ issuer }) => issuer) : [];
  mcpServers.forEach(({ credentials }, i) => {
    if (credentials?.by !== 'token-exchange' || issuers.includes(credentials.issuer)) return;
    const path = ['mcpServers', i, 'credentials', 'issuer'];
    context.addIssue({ code: 'custom', path, message: `no issuer "${credentials.issuer}" in $.auth.issuers` });
  });
}

/** `gateway.json`: what the gateway runtime serves. */
export const gatewayDocument: DocumentDefinition<typeof schema> = { kind: 'Gateway', file: 'gateway.json', schema };
export type GatewayDocument = z.output<typeof schema>;
export type GatewayToolset = GatewayDocument['toolsets'][number];
export type GatewayDocumentInput = z.input<typeof schema>;
