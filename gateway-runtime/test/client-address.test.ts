import { isIP } from 'node:net';
import fc from 'fast-check';
import { TrustedProxies } from '../src/pipeline/client-address';

const BLOCKS = ['10.0.0.0/8', 'fd00::/8'];
const byXff = new TrustedProxies({ cidrs: BLOCKS, header: 'x-forwarded-for' });
const byForwarded = new TrustedProxies({ cidrs: BLOCKS, header: 'forwarded' });
const PROXY = '10.1.2.3';

const client = (header: string, peer = PROXY) => byXff.clientOf(peer, { 'x-forwarded-for': header });

describe('TrustedProxies', () => {
  it.each([
    ['the client of one proxy', '203.0.113.7', '203.0.113.7'],
    ['the first untrusted from the right', '198.51.100.1, 203.0.113.7, 10.9.9.9', '203.0.113.7'],
    ['the leftmost when all are trusted', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['an address with a port', '203.0.113.7:4711', '203.0.113.7'],
    ['an IPv6 address', '2001:db8::1', '2001:db8::1'],
    ['an IPv6 address with a port', '[2001:db8::1]:4711', '2001:db8::1'],
    ['an IPv4 address in the form of IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['the proxy itself when it says nothing', '', PROXY],
    ['the proxy itself when what it adds is no address', '203.0.113.7, unknown', PROXY],
    ['nothing left of what is no address', '203.0.113.7, nonsense, 10.0.0.2', '10.0.0.2'],
    ['no zone', 'fe80::1%eth0', PROXY],
    ['no name', 'client.example', PROXY],
    ['no IPv4 address in brackets', '[203.0.113.7]', PROXY],
  ])('finds %s', (_case, header, expected) => expect(client(header)).toBe(expected));

  it('believes nobody else', () => expect(client('203.0.113.7', '192.0.2.1')).toBe('192.0.2.1'));

  it.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['for="[2001:db8::1]:4711";proto=https;by=10.0.0.1', '2001:db8::1'],
    ['proto=http; For=198.51.100.1, for=203.0.113.7;host=x, for=10.0.0.2', '203.0.113.7'],
    ['for=_hidden', PROXY],
    ['proto=https', PROXY],
  ])('reads Forwarded: %s', (header, expected) => {
    expect(byForwarded.clientOf(PROXY, { forwarded: header, 'x-forwarded-for': '192.0.2.66' })).toBe(expected);
  });

  it('reads the declared header alone: the other one is what the client has sent', () => {
    expect(byXff.clientOf(PROXY, { forwarded: 'for=192.0.2.66' })).toBe(PROXY);
  });

  it('is told by a proxy whether the client came by HTTPS, and by nobody else', () => {
    const by = (header: string, peer = PROXY) => byXff.isSecure(peer, { 'x-forwarded-proto': header });
    expect([by('https'), by('http, https'), by('https, http'), by('')]).toEqual([true, true, false, false]);
    expect(by('https', '192.0.2.1')).toBe(false);
    const forwarded = (header: string) => byForwarded.isSecure(PROXY, { forwarded: header, 'x-forwarded-proto': 'x' });
    expect([forwarded('for=192.0.2.1;proto=https'), forwarded('Proto="https"'), forwarded('for=https')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is not deceived: whatever a client sends, what the outermost proxy adds is found', () => {
    const trusted = fc.oneof(
      fc.ipV4().map((ip) => ip.replace(/^\d+/, '10')),
      fc.constant('fd12::1'),
    );
    const untrusted = fc.oneof(
      fc.ipV4().filter((ip) => !ip.startsWith('10.')),
      fc.ipV6().filter((ip) => isIP(ip) === 6 && !/^(fd|::ffff:)/i.test(ip)),
    );
    fc.assert(
      fc.property(fc.string(), untrusted, fc.array(trusted, { maxLength: 4 }), (sent, real, proxies) => {
        const chain = [sent, real, ...proxies].join(', ');
        expect(client(chain)).toBe(real);
      }),
    );
  });

  it('always answers with an address, and with the peer of a connection that is of no proxy', () => {
    fc.assert(
      fc.property(fc.string(), fc.ipV4(), (header, peer) => {
        const found = client(header, peer);
        expect(isIP(found)).not.toBe(0);
        if (!peer.startsWith('10.')) expect(found).toBe(peer);
      }),
    );
  });
});
