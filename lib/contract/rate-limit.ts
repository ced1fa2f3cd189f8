import { z } from 'zod';
import { dnsLabel } from './fields';
import { roleName } from './role';
import type { ModelPrice } from './model-price';

/** What requests a limit is about; both absent: all that are sent to agents, toolsets and servers. */
const scope = {
  roles: z.array(roleName).min(1).optional().describe('Callers with one of these roles; absent: all.'),
  agents: z.array(dnsLabel).min(1).optional().describe('Invocations of these agents.'),
};

/** What is counted by itself. */
export const COUNTED_BY = ['user', 'key', 'tool'] as const;

/** How many requests may be made in some time. */
export const rateLimit = z.strictObject({
  name: dnsLabel.describe('Name of the limit, as clients and logs see it.'),
  requests: z.int().min(1).max(1_000_000_000).describe('Requests within the window.'),
  windowMs: z.int().min(1_000).max(86_400_000).describe('The window.'),
  burst: z.int().min(1).max(1_000_000_000).optional().describe('Requests at once; absent: all of the window’s.'),
  per: z
    .array(z.enum(COUNTED_BY))
    .default(['user'])
    .describe(
      'What has a count of its own: each user, each API key (others are not limited), each tool or agent. With an ' +
        'empty list all requests share one.',
    ),
  ...scope,
  tools: z
    .array(
      z.strictObject({
        toolset: dnsLabel.describe('Name of the toolset or MCP server.'),
        tool: z.string().min(1).max(128).optional().describe('Name of the tool there; absent: all of its requests.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Requests for these tools.'),
  counted: z
    .enum(['local', 'shared'])
    .describe('By each replica for itself, or by all together in the store; while that is down, by each for itself.'),
});

/** How much a user may use in a day, UTC. While the store is down nobody may use anything of it. */
export const quota = z.strictObject({
  name: dnsLabel.describe('Name of the quota, as clients and logs see it.'),
  unit: z.enum(['tokens', 'money']).describe('Tokens in and out; or money, by the agents’ prices.'),
  perDay: z.number().gt(0).max(1_000_000_000).describe('How much each user may use in a day.'),
  reserve: z
    .number()
    .gt(0)
    .max(1_000_000_000)
    .describe('What a request is charged when it begins. It stays charged if what was used is not known in the end.'),
  ...scope,
});

export type RateLimit = z.output<typeof rateLimit>;
export type RateLimitInput = z.input<typeof rateLimit>;
export type Quota = z.output<typeof quota>;
export type QuotaInput = z.input<typeof quota>;

/** The members of a document that limits refer to. */
interface Limited {
  readonly agents: readonly { readonly name: string; readonly price?: ModelPrice }[];
  readonly toolsets: readonly { readonly name: string; readonly tools: readonly { readonly name: string }[] }[];
  readonly mcpServers: readonly { readonly name: string }[];
  readonly rateLimits: readonly RateLimit[];
  readonly quotas: readonly Quota[];
  readonly store?: unknown;
}

/** Adds a fault for each limit that could not hold what it says. */
export function checkLimits(document: Limited, context: z.RefinementCtx): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const names = new Set<string>();
  for (const list of ['rateLimits', 'quotas'] as const) {
    document[list].forEach((each, i) => {
      if (names.has(each.name)) fault([list, i, 'name'], `"${each.name}" is listed twice`);
      names.add(each.name);
      each.agents?.forEach((agent, j) => {
        if (!document.agents.some(({ name }) => name === agent))
          fault([list, i, 'agents', j], `no agent "${agent}" in $.agents`);
      });
    });
  }
  document.rateLimits.forEach(({ tools = [], counted }, i) => {
    if (counted === 'shared' && document.store === undefined)
      fault(['rateLimits', i, 'counted'], 'needs `store`, where replicas count together');
    tools.forEach((tool, j) => checkTool(document, tool, ['rateLimits', i, 'tools', j], fault));
  });
  document.quotas.forEach(({ unit, agents, perDay, reserve }, i) => {
    if (document.store === undefined) fault(['quotas', i], 'needs `store`, where replicas count together');
    if (reserve > perDay) fault(['quotas', i, 'reserve'], 'must not be more than `perDay`');
    if (unit === 'tokens' && !(Number.isInteger(perDay) && Number.isInteger(reserve)))
      fault(['quotas', i], 'tokens are whole numbers');
    const covered = document.agents.filter(({ name }) => agents?.includes(name) ?? true);
    const unpriced = unit === 'money' ? covered.find(({ price }) => price === undefined) : undefined;
    if (unpriced !== undefined) fault(['quotas', i, 'unit'], `the agent "${unpriced.name}" has no \`price\``);
  });
}

function checkTool(
  { toolsets, mcpServers }: Limited,
  { toolset, tool }: { readonly toolset: string; readonly tool?: string },
  path: (string | number)[],
  fault: (path: (string | number)[], message: string) => void,
): void {
  const known = toolsets.find(({ name }) => name === toolset);
  if (known === undefined) {
    if (!mcpServers.some(({ name }) => name === toolset)) fault(path, `no toolset or server "${toolset}"`);
  } else if (tool !== undefined && !known.tools.some(({ name }) => name === tool)) {
    fault(path, `the toolset "${toolset}" has no tool "${tool}" here`);
  }
}
