import { z } from 'zod';
import { toolPermission } from './argument-rule';
import { checkArgumentRules } from './argument-rules';
import { dnsLabel, host, httpUrl, milliseconds, port } from './fields';
import { loadLimits } from './load-limits';
import { allowedRoles } from './role';
import { podsTls, refuseTlsOfPlainUrls, upstreamTls } from './transport-tls';
import { upstreamCredentials } from './upstream-credentials';

/** Name of a tool or prompt of a server that is not ours: MCP allows any text. */
const foreignName = z.string().min(1).max(128);

const tool = z
  .strictObject({
    name: foreignName.describe('Name of the tool in its server.'),
    ...toolPermission,
    allowedRoles: allowedRoles.describe('Who may see and call it: a list of roles, or `*` for every caller.'),
  })
  .superRefine((each, context) => checkArgumentRules(each, context));

/** What a server may ask of a client while it answers (MCP, Client Features). */
export const CLIENT_FEATURES = ['elicitation', 'roots', 'sampling'] as const;

/** An MCP server that is not a toolset of ours. It speaks Streamable HTTP, in any revision. */
export const mcpServer = z.strictObject({
  name: dnsLabel.describe('Name of the server, unique among toolsets and servers; it is served at `/mcp/<name>`.'),
  endpoint: z
    .discriminatedUnion('by', [
      z.strictObject({
        by: z.literal('pods'),
        host: host.describe('Host name that resolves to the addresses of its ready pods.'),
        port,
        path: z
          .string()
          .regex(/^\/[!-~]*$/, 'must be a path of printable ASCII')
          .describe('Path of its MCP endpoint.'),
        tls: podsTls.optional(),
      }),
      z
        .strictObject({
          by: z.literal('url'),
          url: httpUrl.describe('Its MCP endpoint, where one name serves it.'),
          tls: upstreamTls.optional(),
        })
        .superRefine(({ url, tls }, context) => refuseTlsOfPlainUrls([url], tls, context)),
    ])
    .describe('Where it is.'),
  credentials: upstreamCredentials
    .optional()
    .describe('What the gateway shows it; absent: nothing. Never what the client has shown to the gateway.'),
  timeoutMs: milliseconds.describe('How long one request to it may take.'),
  listTimeoutMs: milliseconds
    .default(5_000)
    .describe('How long a list, or the opening of a session, waits for it before it goes on without it.'),
  tools: z
    .array(tool)
    .default([])
    .describe('Tools for which somebody else is allowed than for the others, or not with all arguments.'),
  otherTools: allowedRoles.default([]).describe('Who may see and call its other tools; nobody if absent.'),
  resources: allowedRoles.default([]).describe('Who may list and read its resources; nobody if absent.'),
  prompts: allowedRoles.default([]).describe('Who may list and get its prompts; nobody if absent.'),
  mayAsk: z
    .array(z.enum(CLIENT_FEATURES))
    .default([])
    .describe('What it may ask of the client that calls it; nothing if absent.'),
  limits: loadLimits,
});

/** How names of servers' tools and prompts, and URIs of their resources, are told apart where several are served together. */
export const foreignNames = z
  .enum(['prefixed', 'prefixed-on-conflict', 'own'])
  .default('prefixed-on-conflict')
  .describe(
    'Names of what MCP servers offer, where several are served together: always `<server>__<name>` and ' +
      '`<server>+<uri>`, only where two would be equal, or never (then the first server has the name).',
  );

/** Where a gateway's replicas reach each other. */
export const peers = z
  .strictObject({
    host: host.describe('Host name that resolves to the addresses of all replicas, ready or not.'),
    port: port.describe('TCP port on which a replica takes what others pass on to it.'),
  })
  .describe('The other replicas; absent: what hangs on a connection is known to the one that holds it alone.');

export type McpServer = z.output<typeof mcpServer>;
export type McpServerInput = z.input<typeof mcpServer>;
export type ClientFeature = (typeof CLIENT_FEATURES)[number];
export type ForeignNames = z.output<typeof foreignNames>;
export type Peers = z.output<typeof peers>;
