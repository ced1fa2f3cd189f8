import { z } from 'zod';
import { clientId, scope, TOKEN_ALGORITHMS } from './client-authentication';
import { absolutePath, httpUrl } from './fields';
import { heldRoles } from './role';
import { refuseTlsOfPlainUrls, upstreamTls } from './transport-tls';

/** The bearer token of `Auth.demoToken`. It is public: whoever reads this knows it. */
export const DEMO_TOKEN = 'agentyard-demo-token';

/** Asks for a refresh token, which no resource needs (MCP 2026-07-28, Authorization, "Refresh Tokens"). */
const REFRESH_SCOPE = 'offline_access';

/** Which tokens of an issuer are introspected. Opaque ones are those that are no JWT. */
const INTROSPECTED_TOKENS = ['opaque', 'jwt', 'all'] as const;

const introspection = z
  .strictObject({
    endpoint: httpUrl.describe('Introspection endpoint of the issuer.'),
    clientId: clientId.describe('Id of the client that the gateway is to the issuer.'),
    credentials: z
      .strictObject({ clientSecretFile: absolutePath.describe('File that holds the secret of the client.') })
      .describe('How the client shows who it is: by HTTP Basic, RFC 6749, 2.3.1.'),
    tokens: z
      .enum(INTROSPECTED_TOKENS)
      .describe(
        'Which tokens are asked about. `opaque`: those that are no JWT. `jwt`: JWTs, after they were checked by keys; opaque ones are refused. `all`: both.',
      ),
  })
  .describe('How the issuer is asked whether a token is active, RFC 7662.');

const issuer = z
  .strictObject({
    issuer: httpUrl.describe('`iss` of its tokens, letter by letter.'),
    jwksUri: httpUrl
      .optional()
      .describe(
        'Where its keys are; absent: as its OpenID Connect Discovery document says, which must name the same origin as `issuer`.',
      ),
    audiences: z.array(z.string().min(1)).min(1).describe('Tokens must be meant for one of these (`aud`).'),
    algorithms: z
      .array(z.enum(TOKEN_ALGORITHMS))
      .min(1)
      .default(['RS256', 'PS256', 'ES256'])
      .describe('Signature algorithms that count.'),
    userClaim: z.string().min(1).default('sub').describe('Claim that names the user.'),
    roleClaims: z
      .array(z.array(z.string().min(1)).min(1))
      .default([])
      .describe('Claims with lists of roles, each as the way to it: `["realm_access", "roles"]`.'),
    roles: heldRoles.describe('Roles that its tokens may bring; others in a token do not count.'),
    requiredScopes: z
      .array(scope)
      .min(1)
      .optional()
      .describe('Scopes that its tokens must have, each of them (`scope`, RFC 9068, 2.2.3, or `scp`); absent: none.'),
    impliedScopes: z
      .record(scope, z.array(scope).min(1))
      .optional()
      .describe(
        'Scopes that a broader one stands for, and those that these stand for; absent: each stands for itself.',
      ),
    clockToleranceMs: z.int().min(0).max(60_000).default(5_000).describe('How far its clock may differ from ours.'),
    introspection: introspection
      .optional()
      .describe('How it is asked about tokens; absent: it is not, and its tokens must be JWTs.'),
    tls: upstreamTls.optional(),
  })
  .superRefine(({ issuer: name, jwksUri, introspection: asked, tls }, context) => {
    refuseTlsOfPlainUrls([jwksUri ?? name, asked?.endpoint], tls, context);
  })
  .describe('An issuer of access tokens.');

/** Whether tokens of an issuer may be such that only the issuer can read them. */
export function takesOpaqueTokens({ introspection: asked }: Pick<TokenIssuerInput, 'introspection'>): boolean {
  return asked !== undefined && asked.tokens !== 'jwt';
}

/** Whether its JWTs are introspected after they were checked by keys. */
export function introspectsJwts({ introspection: asked }: Pick<TokenIssuerInput, 'introspection'>): boolean {
  return asked !== undefined && asked.tokens !== 'opaque';
}

const credentials = z
  .strictObject({
    mode: z.literal('credentials'),
    issuers: z.array(issuer).default([]).describe('Issuers whose access tokens count.'),
    apiKeys: z
      .strictObject({ directory: absolutePath.describe('Directory with one ApiKey document per file.') })
      .optional()
      .describe('API keys that count; absent: none.'),
    demoToken: z
      .strictObject({ roles: heldRoles.describe('Roles of whoever sends it.') })
      .optional()
      .describe('Whether the public demo token counts; absent: it does not.'),
    resource: z
      .strictObject({
        url: httpUrl.describe('URL by which clients know the gateway.'),
        scopes: z
          .array(
            scope.refine((name) => name !== REFRESH_SCOPE, 'is not for the gateway: clients ask for refresh tokens'),
          )
          .default([])
          .describe('Scopes to ask an authorization server for; not `offline_access`, which is for clients to decide.'),
      })
      .optional()
      .describe('What clients are told of the gateway as a protected resource, RFC 9728; absent: nothing.'),
  })
  .superRefine(({ issuers, apiKeys, demoToken }, context) => {
    if (issuers.length === 0 && apiKeys === undefined && demoToken === undefined) {
      context.addIssue({ code: 'custom', path: [], message: 'names no credential that would count' });
    }
    const seen = new Set<string>();
    issuers.forEach(({ issuer: name }, i) => {
      if (seen.has(name)) {
        context.addIssue({ code: 'custom', path: ['issuers', i, 'issuer'], message: `"${name}" is listed twice` });
      }
      seen.add(name);
    });
    const [first, ...others] = issuers.filter(takesOpaqueTokens);
    for (const other of others) {
      context.addIssue({
        code: 'custom',
        path: ['issuers', issuers.indexOf(other), 'introspection', 'tokens'],
        message: `"${first?.issuer}" takes opaque tokens already, which do not say whose they are, so its own would be shown to "${other.issuer}"; take them of one issuer, and "jwt" of the others`,
      });
    }
  });

/** Who may call a gateway. */
export const auth = z
  .discriminatedUnion('mode', [credentials, z.strictObject({ mode: z.literal('none') })])
  .describe('Who may call the gateway.');

export type Auth = z.output<typeof auth>;
export type AuthInput = z.input<typeof auth>;
export type TokenIntrospection = z.output<typeof introspection>;
export type TokenIssuer = z.output<typeof issuer>;
export type TokenIssuerInput = z.input<typeof issuer>;
