import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';
import { serviceAudience } from './service-identity';

/** A public key, RFC 7517. Members beside these are kept out: a private one among them must not travel. */
const publicKey = z
  .strictObject({
    kty: z.enum(['RSA', 'EC', 'OKP']),
    kid: z.string().min(1),
    alg: z.string().optional(),
    use: z.string().optional(),
    n: z.string().optional(),
    e: z.string().optional(),
    crv: z.string().optional(),
    x: z.string().optional(),
    y: z.string().optional(),
  })
  .describe('A public key, RFC 7517.');

/** A key that another one follows has to verify what it signed before, but not for ever. */
const publishedKey = publicKey.extend({
  expiresAt: z.iso.datetime().optional().describe('Until when it counts, UTC; absent: as long as it is listed.'),
});

const schema = z.strictObject({
  ...documentHead('TrustBundle'),
  cluster: z
    .strictObject({
      issuer: z.string().min(1).describe('`iss` of ServiceAccount tokens.'),
      keys: z.array(publishedKey).min(1),
    })
    .describe('The cluster’s API server, which issues ServiceAccount tokens.'),
  gateways: z
    .array(
      z.strictObject({ issuer: serviceAudience.describe('`iss` of its user claims.'), keys: z.array(publishedKey) }),
    )
    .describe('Gateways, which sign user claims.'),
});

/** `trust-bundle.json`: by which keys agents and sandboxes check who calls, and for whom. */
export const trustBundle: DocumentDefinition<typeof schema> = {
  kind: 'TrustBundle',
  file: 'trust-bundle.json',
  schema,
};
export type TrustBundle = z.output<typeof schema>;
export type PublicKey = z.output<typeof publicKey>;
export type PublishedKey = z.output<typeof publishedKey>;
