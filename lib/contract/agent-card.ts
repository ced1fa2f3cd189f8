import { z } from 'zod';

const text = (longest: number) => z.string().min(1).max(longest);

const skill = z.strictObject({
  id: text(64)
    .regex(/^[\w.-]+$/, 'must have letters, digits, "_", "-" and "." only')
    .describe('Name of the skill for programs.'),
  name: text(100).describe('Name of the skill for people.'),
  description: text(2_000).describe('What the agent does with it.'),
  tags: z.array(text(64)).max(50).default([]).describe('Words by which it is found.'),
  examples: z.array(text(1_000)).max(20).default([]).describe('Requests that it is good for.'),
});

/** What an agent says of itself to those who look for one (A2A 1.0, 4.4.1). */
export const agentCard = z
  .strictObject({
    description: text(2_000).optional().describe('What the agent does; absent: only its name is told.'),
    version: text(64).default('1.0.0').describe('Version of the agent.'),
    skills: z
      .array(skill)
      .max(100)
      .default([])
      .superRefine((skills, context) => {
        skills.forEach(({ id }, i) => {
          if (skills.findIndex((other) => other.id === id) === i) return;
          context.addIssue({ code: 'custom', path: [i, 'id'], message: `"${id}" is listed twice` });
        });
      })
      .describe('What it is able to do; without any, the card names one: to answer requests.'),
    outputModes: z
      .array(z.enum(['text/plain', 'application/json']))
      .min(1)
      .default(['text/plain'])
      .describe('Media types of its answers.'),
  })
  .prefault({})
  .describe('What the agent’s A2A card says of it to those who may invoke it.');

/** What is said of an agent that nothing is declared of. */
export const EMPTY_CARD = agentCard.parse({});

/** How who asks shows who it is. */
export type CardSecurity =
  | { readonly kind: 'bearer'; readonly description: string }
  | { readonly kind: 'api-key'; readonly header: string }
  | { readonly kind: 'openid-connect'; readonly issuer: string; readonly scopes: readonly string[] };

/** An agent at a URL. */
export interface CardSubject {
  readonly name: string;
  readonly card: AgentCard;
  /** Where it takes requests. */
  readonly url: string;
  /** Each of them alone is enough; none: nothing is asked for. */
  readonly security: readonly CardSecurity[];
}

/** The versions of A2A that agents speak, in one binding: JSON-RPC over HTTP. */
export const A2A_VERSIONS = ['1.0', '0.3'] as const;
export type A2aVersion = (typeof A2A_VERSIONS)[number];

/** Header by which a client says which version it speaks; without it, the oldest (A2A 1.0, 3.6.2). */
export const A2A_VERSION_HEADER = 'a2a-version';

/** Where the card is, behind the URL of an agent: in the place of today, and in the one before 0.3. */
export const AGENT_CARD_PATHS = ['/.well-known/agent-card.json', '/.well-known/agent.json'] as const;

const INPUT_MODES = ['text/plain'];

/** The card as JSON of a version of A2A. */
export function agentCardJson(subject: CardSubject, version: A2aVersion): Readonly<Record<string, unknown>> {
  const { name, card, url } = subject;
  const common = {
    name,
    description: card.description ?? `The agent "${name}".`,
    version: card.version,
    supportedInterfaces: A2A_VERSIONS.map((protocolVersion) => ({ url, protocolBinding: 'JSONRPC', protocolVersion })),
    capabilities: { streaming: true, pushNotifications: false },
    defaultInputModes: INPUT_MODES,
    defaultOutputModes: card.outputModes,
    skills: card.skills.length > 0 ? card.skills : [usualSkill(name)],
  };
  if (version === '1.0') return { ...common, ...securityOf(subject.security) };
  return {
    ...common,
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    ...oldSecurityOf(subject.security),
  };
}

/** Clients expect one. */
function usualSkill(name: string) {
  return { id: 'answer', name: 'Answer', description: `Answers requests to "${name}".`, tags: [], examples: [] };
}

function securityOf(security: readonly CardSecurity[]) {
  if (security.length === 0) return {};
  const named = security.map((each, i) => [nameOf(each, i), each] as const);
  return {
    securitySchemes: Object.fromEntries(named.map(([name, each]) => [name, schemeOf(each)])),
    securityRequirements: named.map(([name, each]) => ({ schemes: { [name]: { list: scopesOf(each) } } })),
  };
}

function schemeOf(security: CardSecurity) {
  if (security.kind === 'api-key') return { apiKeySecurityScheme: { location: 'header', name: security.header } };
  if (security.kind === 'bearer') {
    return { httpAuthSecurityScheme: { scheme: 'Bearer', description: security.description } };
  }
  return { openIdConnectSecurityScheme: { openIdConnectUrl: discoveryOf(security.issuer) } };
}

/** As OpenAPI has it. */
function oldSecurityOf(security: readonly CardSecurity[]) {
  if (security.length === 0) return {};
  const named = security.map((each, i) => [nameOf(each, i), each] as const);
  return {
    securitySchemes: Object.fromEntries(named.map(([name, each]) => [name, oldSchemeOf(each)])),
    security: named.map(([name, each]) => ({ [name]: scopesOf(each) })),
  };
}

function oldSchemeOf(security: CardSecurity) {
  if (security.kind === 'api-key') return { type: 'apiKey', in: 'header', name: security.header };
  if (security.kind === 'bearer') return { type: 'http', scheme: 'Bearer', description: security.description };
  return { type: 'openIdConnect', openIdConnectUrl: discoveryOf(security.issuer) };
}

function nameOf({ kind }: CardSecurity, index: number): string {
  return kind === 'openid-connect' ? `${kind}-${index}` : kind;
}

function scopesOf(security: CardSecurity): readonly string[] {
  return security.kind === 'openid-connect' ? security.scopes : [];
}

/** OpenID Connect Discovery 1.0, 4. */
function discoveryOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

export type AgentCard = z.output<typeof agentCard>;
export type AgentCardInput = z.input<typeof agentCard>;
