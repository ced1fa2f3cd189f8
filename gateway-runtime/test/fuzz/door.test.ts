import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { HttpProblem } from '@agentyard/runtime-kit';
import fc from 'fast-check';
import { fuzz, oddHeader } from '../../../runtime-kit/test/fuzz/fuzz';
import type { AuditTrail } from '../../src/pipeline/audit';
import { TrustedProxies } from '../../src/pipeline/client-address';
import { BrowserAccess } from '../../src/pipeline/cors';
import { KnownHosts } from '../../src/pipeline/host';
import { refuseForeignOrigin } from '../../src/pipeline/origin';

const audit = { deny: () => undefined } as unknown as AuditTrail;

/** Whether something is let through. Nothing but a refusal may come out else. */
function passes(check: () => void, code: string): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof HttpProblem && error.code === code) return false;
    throw error;
  }
}

const HOSTS = [
  'gw.example.com',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '10.0.0.1',
  'evil.example',
  '0x7f.1',
  '::1',
  '2130706433',
];
const PIECES = [
  ...HOSTS,
  ':',
  ':443',
  ':80',
  ':99999',
  '.',
  '@',
  '/',
  '\\',
  '#',
  '?',
  '%2e',
  '%00',
  ' ',
  '\t',
  ',',
  'é',
  'GW.EXAMPLE.COM',
];

it('a Host is let through only if a browser that was sent there would be at a name or an address of the gateway', () => {
  const cluster = new KnownHosts(['gw.example.com'], false);
  const local = new KnownHosts(['gw.example.com'], true);
  return fuzz(
    fc.property(fc.oneof(fc.constantFrom(...HOSTS), oddHeader(...PIECES)), (host) => {
      const named = URL.parse(`http://${host}`);
      const address = named?.hostname.replace(/^\[|\]$/g, '') ?? '';
      const isPlain =
        named !== null && named.username + named.password + named.search + named.hash === '' && named.pathname === '/';
      const isOwn = ['gw.example.com', 'localhost'].includes(address.replace(/\.$/, ''));
      const isLoopback = address === '::1' || /^127\./.test(address);
      const inCluster = passes(() => cluster.refuseOther(host, audit), 'host-refused');
      const onMachine = passes(() => local.refuseOther(host, audit), 'host-refused');
      if (inCluster) expect(isPlain && (isOwn || isIP(address) !== 0)).toBe(true);
      if (onMachine) expect(isPlain && (isOwn || (isIP(address) !== 0 && isLoopback))).toBe(true);
      if (/^(gw\.example\.com|localhost|127\.0\.0\.1)(:\d{1,4})?$/.test(host))
        expect([inCluster, onMachine]).toEqual([true, true]);
      // The same again, when it is known.
      expect(passes(() => cluster.refuseOther(host, audit), 'host-refused')).toBe(inCluster);
    }),
  );
});

it('an Origin is let through only if it is declared, of the same host, or of the machine at a gateway of the machine', () =>
  fuzz(
    fc.property(
      fc.oneof(
        fc.constantFrom('https://app.example.com', 'null', ''),
        oddHeader('http://', 'https://', 'file://', 'null', ...PIECES),
      ),
      fc.constantFrom('gw.example.com', 'gw.example.com:8443', 'localhost:8080', '127.0.0.1', '10.0.0.1', undefined),
      fc.boolean(),
      (origin, host, loopbackOnly) => {
        const declared = new Set(['https://app.example.com']);
        const isIn = passes(
          () => refuseForeignOrigin({ origin, host }, { declared, loopbackOnly }, audit),
          'origin-refused',
        );
        if (!isIn || declared.has(origin)) return;
        const page = new URL(origin);
        const own = new URL(`${page.protocol}//${host ?? ''}`);
        const ofMachine = [page, own].every(
          ({ hostname }) => ['localhost', '[::1]'].includes(hostname) || hostname.startsWith('127.'),
        );
        expect(['http:', 'https:']).toContain(page.protocol);
        expect(ofMachine || (!loopbackOnly && page.host === own.host)).toBe(true);
      },
    ),
  ));

it('a preflight allows no header that was not asked for, and none that browsers add by themselves', () => {
  const browsers = new BrowserAccess(new Set(['https://app.example.com']));
  const names = oddHeader(
    'authorization',
    'cookie',
    'mcp-param-',
    'Mcp-Name',
    ',',
    ' ',
    'x-evil',
    'host',
    '\t',
    'mcp-param-a',
  );
  return fuzz(
    fc.property(names, (asked) => {
      const set = new Map<string, string>();
      const response = {
        setHeader: (name: string, value: string) => set.set(name, value),
        appendHeader: () => undefined,
        writeHead: () => ({ end: () => undefined }),
      };
      const headers = { origin: 'https://app.example.com', 'access-control-request-headers': asked };
      void browsers.preflight(['POST'])({ headers } as never, response as never, undefined as never);
      const allowed = (set.get('access-control-allow-headers') ?? '').split(', ').filter(Boolean);
      for (const name of allowed) {
        expect(asked.toLowerCase()).toContain(name);
        expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
        expect(['cookie', 'host', 'x-evil', 'origin']).not.toContain(name);
      }
      expect(set.has('access-control-allow-credentials')).toBe(false);
    }),
  );
});

const HOPS = [
  '10.1.2.3',
  '203.0.113.7',
  'fd00::1',
  '[2001:db8::1]:4711',
  '::ffff:10.0.0.1',
  'unknown',
  '_hidden',
  'for=',
  '"',
  ';',
  ',',
  ', ',
  '%eth0',
];

it('the client of a request is an address, and no proxy vouches for more than who has called it', () => {
  const byHeader = (['x-forwarded-for', 'forwarded'] as const).map(
    (header) => [header, new TrustedProxies({ cidrs: ['10.0.0.0/8', 'fd00::/8'], header })] as const,
  );
  return fuzz(
    fc.property(oddHeader(...HOPS), fc.constantFrom('10.9.9.9', '203.0.113.9', 'fd00::9'), (sent, peer) => {
      for (const [header, proxies] of byHeader) {
        const headers: IncomingHttpHeaders = { [header]: sent };
        const client = proxies.clientOf(peer, headers);
        expect(isIP(client)).not.toBe(0);
        if (peer.startsWith('203.')) expect(client).toBe(peer);
        // What the outermost proxy adds is found, whatever stands before it.
        const added = header === 'forwarded' ? 'for=198.51.100.4' : '198.51.100.4';
        const chain = { [header]: `${sent}, ${added}` };
        expect(proxies.clientOf(peer, chain)).toBe(peer.startsWith('203.') ? peer : '198.51.100.4');
      }
    }),
  );
});
