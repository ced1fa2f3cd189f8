import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';
import { heldRoles } from './role';

/** What an API key looks like: `ay_<id>_<secret>`, the secret being 256 random bits in base64url. */
export const API_KEY_PATTERN = /^ay_([a-z0-9]{8,32})_([A-Za-z0-9_-]{43})$/;

const schema = z.strictObject({
  ...documentHead('ApiKey'),
  id: z
    .string()
    .regex(/^[a-z0-9]{8,32}$/, 'must be 8 to 32 of a-z and 0-9')
    .describe('Public part of the key.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal')
    .describe('Hash of the whole key as the client sends it.'),
  user: z.string().min(1).max(256).describe('Whom the key stands for.'),
  roles: heldRoles.default([]).describe('Roles that the key brings; absent: none.'),
  createdAt: z.iso.datetime().optional().describe('When it was made, UTC; for people.'),
  expiresAt: z.iso.datetime().optional().describe('End of its validity, UTC; absent: valid until it is removed.'),
});

/** One entry of the Secret that `Auth.apiKeys` names: the hash of a key, never the key. */
export const apiKeyDocument: DocumentDefinition<typeof schema> = { kind: 'ApiKey', file: 'ApiKey', schema };
export type ApiKeyDocument = z.output<typeof schema>;
