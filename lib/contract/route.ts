import { z } from 'zod';
import { dnsLabel, re2Pattern } from './fields';
import { roleName } from './role';

/** Fields that belong to one connection (RFC 9110, 7.6.1), or carry credentials: no route goes by them. */
const UNROUTABLE = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['authorization', 'proxy-authorization', 'proxy-authenticate', 'cookie', 'set-cookie', 'x-api-key'],
]);

/** Name of a header field that a route may go by, RFC 9110, 5.1, in the case that HTTP/2 has. */
export const routeHeaderName = z
  .string()
  .max(256)
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header field, in lower case')
  .refine((name) => !UNROUTABLE.has(name), {
    error: 'must be a field that carries no credentials and belongs to the request, not to its connection',
  });

/** Value of a header field as it arrives: without blanks around it. */
export const routeHeaderValue = z
  .string()
  .max(4096)
  .regex(/^[!-~]([ -~]*[!-~])?$/, 'must be printable ASCII, without blanks around it');

const header = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('value'),
    name: routeHeaderName,
    value: routeHeaderValue.describe('The whole value of the field, in this case.'),
  }),
  z.strictObject({
    by: z.literal('pattern'),
    name: routeHeaderName,
    pattern: re2Pattern.describe('RE2, unanchored, case-sensitive, matched against the value of the field.'),
  }),
]);

/** Most headers of one match, as in HTTPRoute of the Gateway API. */
export const MOST_ROUTE_HEADERS = 16;

const conditions = {
  headers: z
    .array(header)
    .min(1)
    .max(MOST_ROUTE_HEADERS)
    .superRefine((headers, context) => {
      headers.forEach(({ name }, i) => {
        if (headers.findIndex((other) => other.name === name) === i) return;
        context.addIssue({ code: 'custom', path: [i, 'name'], message: `header "${name}" is listed twice` });
      });
    })
    .optional()
    .describe('Header fields that the request must have too, all of them; absent: any. They prove nothing.'),
  callerRoles: z
    .array(roleName)
    .min(1)
    .optional()
    .describe('Roles of which the caller must have one too; absent: it may have any, or none.'),
};

const match = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('agent'), agent: dnsLabel, ...conditions }),
  z.strictObject({
    by: z.literal('intent'),
    pattern: re2Pattern.describe('RE2, unanchored, case-sensitive, matched against `intent`.'),
    ...conditions,
  }),
]);

/** Largest load factor: beyond it, load would not count in any cluster. */
export const LARGEST_LOAD_FACTOR = 100;

const affinity = z.strictObject({
  by: z
    .enum(['session', 'user'])
    .describe('What goes to the same pod: requests of one user with the same `sessionId`, or all of one user.'),
  loadFactor: z
    .number()
    .min(1)
    .max(LARGEST_LOAD_FACTOR)
    .default(1.25)
    .describe('How many times the mean of its requests in flight a pod may have before others get some of them.'),
});

/** One rule of `POST /v1/invoke`. */
export const route = z.strictObject({
  name: dnsLabel.describe('Name of the route, unique in its gateway.'),
  priority: z.int().min(0).max(1_000_000).describe('The highest priority wins; ties go by order.'),
  match: match.describe('Which requests it takes: those of which all of this holds.'),
  backends: z
    .array(
      z.strictObject({
        agent: dnsLabel,
        weight: z.int().min(0).max(1_000_000).describe('Share of the requests, relative to the other weights.'),
      }),
    )
    .min(1),
  affinity: affinity
    .optional()
    .describe('What goes to the same pod while pods stay; absent: each request to the pod with the least to do.'),
});

export type Route = z.output<typeof route>;
export type RouteHeader = z.output<typeof header>;
export type RouteAffinityConfig = z.output<typeof affinity>;
