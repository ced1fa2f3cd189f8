import { z } from 'zod';
import { parseBlock } from './address-block';

/** Headers by which proxies say for whom they ask. */
export const FORWARDING_HEADERS = ['x-forwarded-for', 'forwarded'] as const;

/** An origin as browsers write it (RFC 6454, 6.2). */
const origin = z
  .string()
  .max(300)
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text),
    'must be an http or https origin as browsers send it, such as `https://app.example.com`: no path, no default port',
  );

/** A host name as clients may write it in `Host`, without a port. */
const hostname = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be a host name of small letters, digits, "-" and ".", without a port',
  );

/** A block of addresses. */
const cidr = z
  .string()
  .refine(
    (text) => (parseBlock(text)?.prefix ?? 0) > 0,
    'must be a CIDR such as `10.1.0.0/16`, and not of all addresses',
  );

/** What comes in at a gateway's port. */
export const door = {
  allowedOrigins: z
    .array(origin)
    .default([])
    .describe(
      'Origins of pages that may call it from a browser (CORS). Absent: none but those of its own host, and on the same machine.',
    ),
  hosts: z
    .array(hostname)
    .default([])
    .describe(
      'Names by which clients call it. Requests for others are refused, but for addresses, `localhost` and the host of `auth.resource.url`.',
    ),
  trustedProxies: z
    .strictObject({
      cidrs: z.array(cidr).min(1).describe('Blocks of their addresses.'),
      header: z
        .enum(FORWARDING_HEADERS)
        .default('x-forwarded-for')
        .describe('The one header that they write. The other is the client’s word, and does not count.'),
    })
    .optional()
    .describe('Proxies in front, which are believed who the client is; absent: the peer of the connection is.'),
  intake: z
    .strictObject({
      connections: z.int().min(1).max(1_000_000).default(20_000).describe('Most connections at once.'),
      streams: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(15_000)
        .describe('Most answers at once that are streams of events.'),
      streamsPerUser: z.int().min(1).max(1_000_000).default(200).describe('Most of them for one user.'),
      jsonDepth: z.int().min(4).max(1_000).default(64).describe('Most arrays and objects within each other in a body.'),
      jsonMembers: z.int().min(16).max(10_000_000).default(100_000).describe('Most members and elements in a body.'),
    })
    .prefault({})
    .describe('How much is taken in, of one replica.'),
};

export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];
