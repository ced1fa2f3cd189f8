import { z } from 'zod';
import { clientAuthentication, clientId, scope } from './client-authentication';
import { absolutePath, httpUrl } from './fields';
import { refuseTlsOfPlainUrls, upstreamTls } from './transport-tls';
import { foreignAudience } from './user-claim';

/** Headers that the gateway sets itself, or that belong to the connection (RFC 9110, 7.6.1). */
const RESERVED_HEADER =
  /^(accept|connection|content-.*|expect|forwarded|host|keep-alive|last-event-id|mcp-.*|proxy-.*|te|trailer|transfer-encoding|upgrade|x-forwarded-.*)$/i;

/** A header that credentials may be sent in. */
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header: letters, digits and "-"')
  .refine((name) => !RESERVED_HEADER.test(name), { error: 'must not be a header that the gateway sets itself' });

/** The client that a gateway is to an authorization server. */
const client = {
  tokenEndpoint: httpUrl.describe('Token endpoint of the authorization server.'),
  clientId: clientId.describe('Id of the client that the gateway is to it.'),
  client: clientAuthentication,
  scopes: z.array(scope).default([]).describe('Scopes to ask for.'),
  tls: upstreamTls.optional(),
};

function refuseTlsOfPlainEndpoint(
  { tokenEndpoint, tls }: { readonly tokenEndpoint: string; readonly tls?: unknown },
  context: z.RefinementCtx,
): void {
  refuseTlsOfPlainUrls([tokenEndpoint], tls, context);
}

const fromSecret = z
  .strictObject({
    by: z.literal('secret'),
    header: headerName.default('authorization').describe('Header that carries it.'),
    scheme: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'must be an authentication scheme such as Bearer')
      .optional()
      .describe('What stands before it, with a space between; absent: nothing.'),
    file: absolutePath.describe('File that holds it.'),
  })
  .describe('The same for all users: a key or token of the gateway.');

const clientCredentials = z
  .strictObject({
    by: z.literal('client-credentials'),
    ...client,
    audience: z.string().min(1).max(2048).optional().describe('`audience` to ask for; absent: none.'),
    resource: httpUrl.optional().describe('`resource` to ask for, RFC 8707; absent: none.'),
  })
  .superRefine(refuseTlsOfPlainEndpoint)
  .describe('A token that the gateway gets for itself, RFC 6749, 4.4.');

const tokenExchange = z
  .strictObject({
    by: z.literal('token-exchange'),
    issuer: httpUrl.describe('Issuer whose access tokens are exchanged; callers without one are refused.'),
    ...client,
    audience: z.string().min(1).max(2048).describe('`audience` to ask for: of Keycloak a client id.'),
  })
  .superRefine(refuseTlsOfPlainEndpoint)
  .describe('A token for the user, in exchange for the one that the user called with, RFC 8693.');

const userClaim = z
  .strictObject({
    by: z.literal('user-claim'),
    audience: foreignAudience.describe('`aud` of the claim: this server alone.'),
  })
  .describe('Who the user is, signed by the gateway, as a bearer token.');

/** What a gateway shows to an MCP server that is not ours. */
export const upstreamCredentials = z.discriminatedUnion('by', [
  fromSecret,
  clientCredentials,
  tokenExchange,
  userClaim,
]);

export type UpstreamCredentials = z.output<typeof upstreamCredentials>;
export type UpstreamCredentialsInput = z.input<typeof upstreamCredentials>;
