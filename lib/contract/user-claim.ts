import { z } from 'zod';
import { heldRoles } from './role';
import { serviceAudience, serviceSubject } from './service-identity';

/** Header that carries the user claim: for whom a service calls another. */
export const USER_CLAIM_HEADER = 'agentyard-user-claim';

/** `typ` of the JWT, so that no other token of the same key passes for one (RFC 8725, 3.11). */
export const USER_CLAIM_TYPE = 'agentyard-user+jwt';

/** The signature of user claims: Ed25519. */
export const USER_CLAIM_ALGORITHM = 'EdDSA';

/** What a user claim says. Times are seconds since the epoch (RFC 7519). */
export const userClaim = z.strictObject({
  iss: serviceAudience.describe('The gateway that authenticated the user.'),
  sub: z.string().min(1).max(256).describe('The user.'),
  idp: z.string().max(2048).optional().describe('Issuer of the user’s own token; absent for API keys and the like.'),
  roles: heldRoles.describe('Roles of the user.'),
  aud: z.array(serviceAudience).min(1).describe('The service that is called, and those that it may call for the user.'),
  azp: serviceSubject.describe('Who may present it to them.'),
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(1).max(128).describe('Id of the claim, which goes along with a user’s calls for some seconds.'),
});

/** Audience of a server that is not ours; those of our own services begin with `agentyard:`. */
export const foreignAudience = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[\x21-\x7E]+$/, 'must be printable ASCII without spaces')
  .refine((audience) => !audience.startsWith('agentyard:'), {
    error: 'must not begin with "agentyard:", which names services of the platform',
  });

/** What a user claim says to an MCP server that is not ours: it can pass for the user nowhere else. */
export const foreignUserClaim = userClaim.extend({
  aud: foreignAudience.describe('The server that is called.'),
  azp: serviceSubject.describe('The gateway that calls it.'),
});

export type UserClaim = z.output<typeof userClaim>;
export type ForeignUserClaim = z.output<typeof foreignUserClaim>;
