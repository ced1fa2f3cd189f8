import { isIP } from 'node:net';
import { z } from 'zod';
import { hasNoEndpoint, parseBlock } from './address-block';
import { documentHead, type DocumentDefinition } from './document';
import { dnsLabel, host, listen, milliseconds, port, shutdown } from './fields';

/** Ports of allow lists: below the ephemeral ones that the proxy itself connects from. */
const FIRST_LIST_PORT = 10_000;
const LAST_LIST_PORT = 32_767;
/** Ports that a Squid listens on at most (MAXTCPLISTENPORTS); it would leave out the others, and only warn. */
const MOST_LISTS = 128;

const hostPattern = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?\.)+[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/,
    'must be a DNS name in lower case with at least two labels; "*." before it stands for one label',
  )
  // Resolvers read `127.1` and `0x7f.1` as addresses too; no top-level domain is a number.
  .refine((name) => isIP(name) === 0 && !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(name), {
    error: 'must be a name, not an address',
  });

const cidr = z.string().superRefine((text, context) => {
  const block = parseBlock(text);
  if (block === undefined) {
    context.addIssue({ code: 'custom', message: 'must be an address with a prefix length' });
  } else if (hasNoEndpoint(block)) {
    context.addIssue({
      code: 'custom',
      message: 'must hold no loopback, link-local, multicast, mapped or unspecified address',
    });
  }
});

const allowedHost = z.strictObject({
  name: hostPattern,
  port,
  tls: z
    .boolean()
    .default(true)
    .describe(
      'Whether tunnels are opened, for TLS whose server name is the name asked for; else plain HTTP is forwarded.',
    ),
  privateCidrs: z.array(cidr).default([]).describe('Blocks that the name may resolve into although they are private.'),
});

const allowList = z.strictObject({
  port: z
    .int()
    .min(FIRST_LIST_PORT)
    .max(LAST_LIST_PORT)
    .describe('Port of the proxy that stands for this list. The list behind a port never changes.'),
  hosts: z.array(allowedHost).min(1),
});

const reload = z
  .strictObject({
    replicas: z.int().min(1).max(100).describe('Pods of the proxy; each has its turn.'),
    slotMs: milliseconds.describe('Length of a turn. Pod i reloads only while floor(now / slotMs) mod replicas is i.'),
    drainMs: milliseconds.describe('How long a pod is not ready before it reloads, so that nobody is sent to it.'),
  })
  .refine(({ slotMs, drainMs }) => drainMs < slotMs, { path: ['drainMs'], error: 'must be shorter than slotMs' });

const schema = z
  .strictObject({
    ...documentHead('EgressProxy'),
    name: dnsLabel,
    namespace: dnsLabel,
    listen,
    allowLists: z.array(allowList).max(MOST_LISTS),
    parent: z
      .strictObject({ host, port })
      .optional()
      .describe('Proxy that everything goes through; absent: hosts are called directly.'),
    reload,
    shutdown,
  })
  .superRefine(({ listen: served, allowLists }, context) => {
    const seen = new Map<number, string>([[served.port, 'listen.port']]);
    if (served.metricsPort !== undefined) seen.set(served.metricsPort, 'listen.metricsPort');
    allowLists.forEach((list, i) => {
      const other = seen.get(list.port);
      if (other !== undefined) {
        const message = `port ${list.port} is that of $.${other} already`;
        context.addIssue({ code: 'custom', path: ['allowLists', i, 'port'], message });
      }
      seen.set(list.port, `allowLists[${i}]`);
      refuseSameHosts(list.hosts, (j, message) =>
        context.addIssue({ code: 'custom', path: ['allowLists', i, 'hosts', j], message }),
      );
    });
  });

/** `egress-proxy.json`: which port of the proxy leads to which hosts. */
export const egressProxyDocument: DocumentDefinition<typeof schema> = {
  kind: 'EgressProxy',
  file: 'egress-proxy.json',
  schema,
};
export type EgressProxyDocument = z.output<typeof schema>;
export type EgressProxyDocumentInput = z.input<typeof schema>;

/** Two entries for one name would leave open which of their private blocks hold. */
function refuseSameHosts(
  hosts: readonly z.output<typeof allowedHost>[],
  refuse: (i: number, why: string) => void,
): void {
  const seen = new Set<string>();
  hosts.forEach(({ name, port: number, tls }, i) => {
    const key = `${name}:${number} (${tls ? 'TLS' : 'plain HTTP'})`;
    if (seen.has(key)) refuse(i, `${key} is listed twice`);
    seen.add(key);
  });
}
