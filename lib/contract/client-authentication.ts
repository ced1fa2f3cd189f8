import { z } from 'zod';
import { absolutePath } from './fields';

/** A client id, RFC 6749, A.1. */
export const clientId = z.string().regex(/^[\x20-\x7E]{1,255}$/, 'must be 1 to 255 characters of ASCII');

/** A scope, RFC 6749, 3.3. */
export const scope = z
  .string()
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, 'must be a scope: no spaces, quotes and backslashes');

/** Signatures by a private key alone: a shared secret would let whoever checks tokens make them, `none` everybody. */
export const TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** How a client shows an authorization server who it is; by the names that OAuth has for the methods. */
export const clientAuthentication = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('client_secret_basic'),
      clientSecretFile: absolutePath.describe('File that holds the secret of the client, sent by HTTP Basic.'),
    }),
    z.strictObject({
      method: z.literal('private_key_jwt'),
      privateKeyFile: absolutePath.describe('File that holds the private key of the client: PEM, PKCS #8.'),
      algorithm: z.enum(TOKEN_ALGORITHMS).describe('Algorithm of its signatures.'),
      keyId: z.string().min(1).max(256).optional().describe('`kid` of its signatures; absent: they have none.'),
      audience: z.string().min(1).max(2048).describe('`aud` of what it signs: the authorization server’s issuer.'),
    }),
  ])
  .describe('How the client shows who it is, RFC 6749, 2.3.1, or RFC 7523, 2.2.');

export type ClientAuthentication = z.output<typeof clientAuthentication>;
