import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';

const key = z.strictObject({
  kid: z.string().min(1),
  x: z.string().min(1).describe('Public part, base64url.'),
  d: z.string().min(1).describe('Private part, base64url.'),
  usableFrom: z.iso.datetime().describe('From when it may sign, UTC: by then all who check have its public part.'),
});

const schema = z.strictObject({
  ...documentHead('SigningKeys'),
  keys: z.array(key).min(1).describe('Ed25519 keys; the one that became usable last signs.'),
});

/** `signing-keys.json`: the private keys of a gateway’s user claims. It stands in a Secret, never in a manifest. */
export const signingKeys: DocumentDefinition<typeof schema> = {
  kind: 'SigningKeys',
  file: 'signing-keys.json',
  schema,
};
export type SigningKeys = z.output<typeof schema>;
